// As stubs_x86_64.S. The registers are those in which an argument may come (AAPCS64, section 6.4), x8 where a large result
// goes; x16 is the linker's own between caller and callee.

    .macro late_function index, name
    .text
    .globl \name
    .hidden \name
    .type \name, %function
    .p2align 4
\name:
    .cfi_startproc
    hint 34  // bti c
    adrp x16, mailpipe_late_slots + 8 * \index
    add x16, x16, :lo12:mailpipe_late_slots + 8 * \index
    // What the library set up before its functions were known is seen with them.
    ldar x16, [x16]
    cbz x16, 1f
    br x16
1:  mov w16, \index
    b .Lfirst_call
    .cfi_endproc
    .size \name, . - \name
    .endm

#include "library_note.S"

    .hidden mailpipe_late_slots
    .hidden mailpipe_late_resolve
    .text
    .p2align 4
.Lfirst_call:
    .cfi_startproc
    stp x29, x30, [sp, -224]!
    .cfi_def_cfa_offset 224
    .cfi_offset 29, -224
    .cfi_offset 30, -216
    mov x29, sp
    stp x0, x1, [sp, 16]
    stp x2, x3, [sp, 32]
    stp x4, x5, [sp, 48]
    stp x6, x7, [sp, 64]
    str x8, [sp, 80]
    stp q0, q1, [sp, 96]
    stp q2, q3, [sp, 128]
    stp q4, q5, [sp, 160]
    stp q6, q7, [sp, 192]
    mov w0, w16
    bl mailpipe_late_resolve
    mov x16, x0
    ldp x0, x1, [sp, 16]
    ldp x2, x3, [sp, 32]
    ldp x4, x5, [sp, 48]
    ldp x6, x7, [sp, 64]
    ldr x8, [sp, 80]
    ldp q0, q1, [sp, 96]
    ldp q2, q3, [sp, 128]
    ldp q4, q5, [sp, 160]
    ldp q6, q7, [sp, 192]
    ldp x29, x30, [sp], 224
    .cfi_restore 30
    .cfi_restore 29
    .cfi_def_cfa_offset 0
    br x16
    .cfi_endproc

#define LATE_LIBRARY(soname) late_library soname
#define LATE_FUNCTION(index, library, name) late_function index, name
#include "late_functions.h"

    .section .note.GNU-stack, "", %progbits
