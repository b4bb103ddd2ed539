// Tells packagers, who find linked libraries by themselves (the ELF dlopen metadata of uapi-group.org).
    .macro late_library soname
    .pushsection .note.dlopen, "a", %note
    .p2align 2
    .long 4, 2f - 1f, 0x407c0c0a
    .asciz "FDO"
1:  .ascii "[{\"soname\":[\""
    .ascii "\soname"
    .asciz "\"],\"priority\":\"required\"}]"
2:  .p2align 2
    .popsection
    .endm
