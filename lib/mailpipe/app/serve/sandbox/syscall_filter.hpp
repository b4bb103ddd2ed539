#pragma once

#include "mailpipe/base/error.hpp"

// seccomp(2): which system calls this process may still make.
namespace mailpipe::app::serve {

// All threads, for good: what is not on the list fails with EPERM, and what only an intruder would call (execve, ptrace,
// mount, ...) kills the process with SIGSYS. The list is in mail-serve(1). Errors: unsupported where the kernel has no
// filters, io.
Result<void> filter_syscalls();

}  // namespace mailpipe::app::serve
