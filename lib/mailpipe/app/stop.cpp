#include "mailpipe/app/stop.hpp"

#include <atomic>
#include <csignal>

namespace mailpipe::app {
namespace {

// Read by other threads than the one that the signal came to.
std::atomic<int> g_signal = 0;
std::atomic<int> g_reload = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may use no other");

extern "C" void on_stop_signal(int number) {
    g_signal = number;
}

extern "C" void on_reload_signal(int /*number*/) {
    g_reload = 1;
}

}  // namespace

void install_stop_handlers() {
    // SA_RESETHAND: the second signal has its default effect. No SA_RESTART: a read of stdin that waits for a
    // message comes back.
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

void install_patient_stop_handler() {
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
}

void install_reload_handler() {
    struct sigaction action {};
    action.sa_handler = on_reload_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, nullptr);
}

bool reload_requested() {
    return g_reload != 0;
}
void clear_reload_request() {
    g_reload = 0;
}
bool stop_requested() {
    return g_signal != 0;
}
void request_stop() {
    g_signal = SIGTERM;
}
int stop_signal() {
    return g_signal;
}
Error stopped_by_signal() {
    return {Errc::temporary, "stopped by a signal", std::nullopt};
}

}  // namespace mailpipe::app
