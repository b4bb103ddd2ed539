#include "mailpipe/app/serve/sandbox/syscall_filter.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

namespace mailpipe::app::serve {
namespace {

// Names, since not every architecture and not every libseccomp has all of them; those are passed over.
constexpr const char* kAllowed[] = {
    // Memory.
    "brk", "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "membarrier",
    // Threads; clone and prctl are below.
    "futex", "futex_time64", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "gettid", "getpid",
    "getppid", "set_tid_address", "exit", "exit_group", "restart_syscall", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack",
    // Time.
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // Files.
    "open", "openat", "close", "close_range", "read", "readv", "pread64", "preadv", "write", "writev",
    "pwrite64", "pwritev", "lseek", "_llseek", "fcntl", "fcntl64", "flock", "fsync", "fdatasync", "syncfs",
    "sync_file_range", "ftruncate", "ftruncate64", "fallocate", "fadvise64", "copy_file_range", "sendfile",
    "stat", "lstat", "fstat", "newfstatat", "stat64", "lstat64", "fstat64", "fstatat64", "statx", "statfs",
    "fstatfs", "access", "faccessat", "faccessat2", "getdents", "getdents64", "mkdir", "mkdirat", "rmdir",
    "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "readlink", "readlinkat",
    "chmod", "fchmod", "fchmodat", "utimensat", "umask", "getcwd", "dup", "dup2", "dup3", "pipe", "pipe2",
    "eventfd2", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // Sockets; socket is below.
    "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt",
    "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "socketpair", "poll",
    "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2",
    // What one is, and how much there is of it.
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getrandom", "uname",
    "sysinfo", "getrlimit", "ugetrlimit", "getrusage", "times"};

// Nothing here ever calls one of these.
constexpr const char* kDeadly[] = {"execve",
                                   "execveat",
                                   "fork",
                                   "vfork",
                                   "ptrace",
                                   "process_vm_readv",
                                   "process_vm_writev",
                                   "kexec_load",
                                   "kexec_file_load",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "bpf",
                                   "mount",
                                   "umount2",
                                   "move_mount",
                                   "open_tree",
                                   "fsopen",
                                   "pivot_root",
                                   "chroot",
                                   "unshare",
                                   "setns",
                                   "keyctl",
                                   "add_key",
                                   "request_key",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "io_uring_setup",
                                   "open_by_handle_at",
                                   "setuid",
                                   "setgid",
                                   "setresuid",
                                   "setresgid",
                                   "setgroups",
                                   "capset",
                                   "personality",
                                   "reboot",
                                   "swapon",
                                   "sethostname",
                                   "settimeofday",
                                   "clock_settime",
                                   "iopl",
                                   "ioperm",
                                   "kcmp",
                                   "pidfd_getfd"};

class Filter {
 public:
    Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {}

    bool made() const { return context_ != nullptr; }
    void add(std::uint32_t action, const char* name) { note(find(name), action, {}); }
    void allow_if(const char* name, std::initializer_list<scmp_arg_cmp> conditions) {
        note(find(name), SCMP_ACT_ALLOW, conditions);
    }
    Result<void> load() {
        (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
        (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
        if (error_ != 0) return fail_errno(-error_, "seccomp");
        const int loaded = seccomp_load(context_.get());
        if (loaded == 0) return {};
        if (loaded == -EINVAL || loaded == -ENOSYS)
            return fail(Errc::unsupported, "this kernel has no seccomp filters");
        return fail_errno(-loaded, "seccomp");
    }

 private:
    static int find(const char* name) { return seccomp_syscall_resolve_name(name); }
    void note(int number, std::uint32_t action, std::initializer_list<scmp_arg_cmp> conditions) {
        if (number == __NR_SCMP_ERROR) return;
        const int added = seccomp_rule_add_array(
            context_.get(), action, number, static_cast<unsigned int>(conditions.size()), conditions.begin());
        if (added != 0 && error_ == 0) error_ = added;
    }

    std::unique_ptr<void, void (*)(void*)> context_;
    int error_ = 0;
};

scmp_arg_cmp equals(unsigned int argument, std::uint64_t value) {
    return scmp_arg_cmp{argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp has_bits(unsigned int argument, std::uint64_t bits) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

void allow_some(Filter& filter) {
    // Threads, never processes. Of clone3 the flags cannot be seen: glibc takes ENOSYS for a reason to use clone.
    filter.allow_if("clone", {has_bits(0, CLONE_THREAD | CLONE_VM)});
    filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
    for (const int option : {PR_SET_NAME, PR_GET_NAME})
        filter.allow_if("prctl", {equals(0, static_cast<std::uint64_t>(option))});
    for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
        filter.allow_if("socket", {equals(0, static_cast<std::uint64_t>(family))});
    for (const unsigned long request : {FIONREAD, FIONBIO, FIOCLEX, TCGETS, TIOCGWINSZ})
        filter.allow_if("ioctl", {equals(1, request)});
    // abort() and raise(), and no signal to others.
    const auto self = static_cast<std::uint64_t>(::getpid());
    filter.allow_if("tgkill", {equals(0, self)});
    filter.allow_if("kill", {equals(0, self)});
    // What the limits are; they are not changed any more.
    filter.allow_if("prlimit64", {equals(0, 0), equals(2, 0)});
}

}  // namespace

Result<void> filter_syscalls() {
    Filter filter;
    if (!filter.made()) return fail(Errc::unsupported, "libseccomp does not know this system");
    for (const char* name : kAllowed)
        filter.add(SCMP_ACT_ALLOW, name);
    for (const char* name : kDeadly)
        filter.add(SCMP_ACT_KILL_PROCESS, name);
    allow_some(filter);
    return filter.load();
}

}  // namespace mailpipe::app::serve
