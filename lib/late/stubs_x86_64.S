// A function of a late library: jumps to where its slot says, and has the slot filled before its first call.
// The registers are those in which an argument may come (System V ABI for x86-64, section 3.2.3), rax with the number
// of vector registers of a variadic call, and r10.

    .macro late_function index, name
    .text
    .globl \name
    .hidden \name
    .type \name, @function
    .p2align 4
\name:
    .cfi_startproc
    endbr64
    movq mailpipe_late_slots + 8 * \index(%rip), %r11
    testq %r11, %r11
    je 1f
    jmpq *%r11
1:  movl $\index, %r11d
    jmp .Lfirst_call
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
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    subq $192, %rsp
    movq %rax, -8(%rbp)
    movq %rdi, -16(%rbp)
    movq %rsi, -24(%rbp)
    movq %rdx, -32(%rbp)
    movq %rcx, -40(%rbp)
    movq %r8, -48(%rbp)
    movq %r9, -56(%rbp)
    movq %r10, -64(%rbp)
    movaps %xmm0, -80(%rbp)
    movaps %xmm1, -96(%rbp)
    movaps %xmm2, -112(%rbp)
    movaps %xmm3, -128(%rbp)
    movaps %xmm4, -144(%rbp)
    movaps %xmm5, -160(%rbp)
    movaps %xmm6, -176(%rbp)
    movaps %xmm7, -192(%rbp)
    movl %r11d, %edi
    callq mailpipe_late_resolve
    movq %rax, %r11
    movq -8(%rbp), %rax
    movq -16(%rbp), %rdi
    movq -24(%rbp), %rsi
    movq -32(%rbp), %rdx
    movq -40(%rbp), %rcx
    movq -48(%rbp), %r8
    movq -56(%rbp), %r9
    movq -64(%rbp), %r10
    movaps -80(%rbp), %xmm0
    movaps -96(%rbp), %xmm1
    movaps -112(%rbp), %xmm2
    movaps -128(%rbp), %xmm3
    movaps -144(%rbp), %xmm4
    movaps -160(%rbp), %xmm5
    movaps -176(%rbp), %xmm6
    movaps -192(%rbp), %xmm7
    leaveq
    .cfi_def_cfa %rsp, 8
    jmpq *%r11
    .cfi_endproc

#define LATE_LIBRARY(soname) late_library soname
#define LATE_FUNCTION(index, library, name) late_function index, name
#include "late_functions.h"

    .section .note.GNU-stack, "", @progbits
