// kill_at_step N REPORT COMMAND [ARGUMENT...]
//
// Runs COMMAND under ptrace and counts its steps: every system call, in whatever thread, that changes disk or
// wire. At the entry of step N, before the call happens, the process is ended with SIGKILL. N = 0 only counts.
// REPORT gets one line a step: its number, a TAB, the call's name and, where the first argument is a
// descriptor, what that is.
//
// Exit status: that of COMMAND; 137 when it was ended at step N; 77 when ptrace is not permitted; 64, 71 for
// usage and system errors. SIGTERM and SIGINT are passed on to COMMAND.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#include <sys/user.h>
#endif

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace {

constexpr int kSkipped = 77;
constexpr int kUsage = 64;
constexpr int kSystemError = 71;
constexpr int kKilled = 137;

struct Step {
    const char* name;
    bool has_descriptor;  // the first argument is what is written to
};

const std::map<long, Step>& steps() {
    static const std::map<long, Step> table = {
        {SYS_write, {"write", true}},
        {SYS_pwrite64, {"pwrite64", true}},
        {SYS_writev, {"writev", true}},
        {SYS_pwritev, {"pwritev", true}},
        {SYS_pwritev2, {"pwritev2", true}},
        {SYS_sendto, {"sendto", true}},
        {SYS_sendmsg, {"sendmsg", true}},
        {SYS_sendmmsg, {"sendmmsg", true}},
        {SYS_sendfile, {"sendfile", true}},
        {SYS_splice, {"splice", false}},
        {SYS_copy_file_range, {"copy_file_range", false}},
        {SYS_shutdown, {"shutdown", true}},
        {SYS_fsync, {"fsync", true}},
        {SYS_fdatasync, {"fdatasync", true}},
        {SYS_syncfs, {"syncfs", true}},
        {SYS_sync, {"sync", false}},
        {SYS_sync_file_range, {"sync_file_range", true}},
        {SYS_ftruncate, {"ftruncate", true}},
        {SYS_truncate, {"truncate", false}},
        {SYS_fallocate, {"fallocate", true}},
        {SYS_renameat, {"renameat", false}},
        {SYS_renameat2, {"renameat2", false}},
        {SYS_linkat, {"linkat", false}},
        {SYS_symlinkat, {"symlinkat", false}},
        {SYS_unlinkat, {"unlinkat", false}},
        {SYS_mkdirat, {"mkdirat", false}},
        {SYS_mknodat, {"mknodat", false}},
#ifdef SYS_rename
        {SYS_rename, {"rename", false}},
        {SYS_link, {"link", false}},
        {SYS_symlink, {"symlink", false}},
        {SYS_unlink, {"unlink", false}},
        {SYS_rmdir, {"rmdir", false}},
        {SYS_mkdir, {"mkdir", false}},
        {SYS_mknod, {"mknod", false}},
        {SYS_creat, {"creat", false}},
#endif
    };
    return table;
}

pid_t command = -1;  // a signal handler reaches nothing else

void pass_on(int signal) {
    ::kill(command, signal);
}

struct Run {
    unsigned long end_at = 0;
    std::FILE* report = nullptr;
    unsigned long count = 0;
    bool ended = false;
};

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "kill_at_step: %s: %s\n", what, std::strerror(errno));
    std::exit(kSystemError);
}

std::string descriptor_target(pid_t thread, unsigned long descriptor) {
    const std::string link =
        "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(static_cast<int>(descriptor));
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : "?";
}

// The open flags of the call, 0 for any other call.
unsigned long open_flags(const __ptrace_syscall_info& info) {
    const auto number = static_cast<long>(info.entry.nr);
    if (number == SYS_openat) return info.entry.args[2];
#ifdef SYS_open
    if (number == SYS_open) return info.entry.args[1];
#endif
    return 0;
}

// Whether the call is a step; `text` gets its line in the report.
bool is_step(pid_t thread, const __ptrace_syscall_info& info, std::string& text) {
    if ((open_flags(info) & (O_CREAT | O_TRUNC)) != 0) {
        text = "open";
        return true;
    }
    const auto found = steps().find(static_cast<long>(info.entry.nr));
    if (found == steps().end()) return false;
    text = found->second.name;
    if (!found->second.has_descriptor) return true;
    const std::string target = descriptor_target(thread, info.entry.args[0]);
    text += " " + target;
    // An eventfd that wakes a thread is neither disk nor wire.
    return !target.starts_with("anon_inode:");
}

// A process that is killed at the entry of a call may still make it; this call is replaced by one that does not
// exist.
void forget_call(pid_t thread) {
#if defined(__x86_64__)
    ::ptrace(PTRACE_POKEUSER, thread, offsetof(user_regs_struct, orig_rax), -1L);
#elif defined(__aarch64__)
    int none = -1;
    iovec part{&none, sizeof none};
    ::ptrace(PTRACE_SETREGSET, thread, 0x404 /* NT_ARM_SYSTEM_CALL */, &part);
#else
    (void)thread;
#endif
}

void at_syscall(Run& run, pid_t thread) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
    std::string text;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || run.ended || !is_step(thread, info, text)) return;
    ++run.count;
    std::fprintf(run.report, "%lu\t%s\n", run.count, text.c_str());
    if (run.count != run.end_at) return;
    run.ended = true;
    forget_call(thread);
    ::kill(command, SIGKILL);
}

// The signal to deliver with the next step of a tracee that has stopped.
int after_stop(Run& run, pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
        at_syscall(run, thread);
        return 0;
    }
    if (status >> 16 != 0) return 0;  // a fork, clone, exec, or the start of a tracee
    return signal;
}

int trace(Run& run) {
    int result = kSystemError;
    while (true) {
        int status = 0;
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR) continue;
        if (thread < 0) return run.ended ? kKilled : result;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread == command) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            // Helpers that the command left behind end with it.
            if (thread == command && run.ended) return kKilled;
            continue;
        }
        const int signal = after_stop(run, thread, status);
        ::ptrace(PTRACE_SYSCALL, thread, 0, signal);
    }
}

// The child waits in a read until it is seized, so that its first call is already seen.
pid_t start(char** argv, int& go) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) die("pipe");
    const pid_t child = ::fork();
    if (child < 0) die("fork");
    if (child == 0) {
        char octet = 0;
        ::close(ends[1]);
        if (::read(ends[0], &octet, 1) != 1) ::_exit(kSystemError);
        ::execvp(argv[0], argv);
        std::fprintf(stderr, "kill_at_step: %s: %s\n", argv[0], std::strerror(errno));
        ::_exit(127);
    }
    ::close(ends[0]);
    go = ends[1];
    return child;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fputs("usage: kill_at_step N REPORT COMMAND [ARGUMENT...]\n", stderr);
        return kUsage;
    }
    Run run;
    run.end_at = std::strtoul(argv[1], nullptr, 10);
    run.report = std::fopen(argv[2], "we");
    if (run.report == nullptr) die(argv[2]);
    int go = -1;
    command = start(argv + 3, go);
    const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
                                  PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (::ptrace(PTRACE_SEIZE, command, 0, options) != 0 || ::ptrace(PTRACE_INTERRUPT, command, 0, 0) != 0) {
        std::fprintf(stderr, "kill_at_step: ptrace is not permitted: %s\n", std::strerror(errno));
        ::kill(command, SIGKILL);
        return kSkipped;
    }
    ::signal(SIGTERM, pass_on);
    ::signal(SIGINT, pass_on);
    if (::write(go, "g", 1) != 1) die("pipe");
    ::close(go);
    const int result = trace(run);
    return std::fclose(run.report) == 0 ? result : kSystemError;
}
