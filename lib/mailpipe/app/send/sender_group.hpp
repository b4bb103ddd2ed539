#pragma once

#include <poll.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "mailpipe/net/socket.hpp"

namespace mailpipe::app {

class Sender;

// Senders whose servers answer quickly, all looked after by the thread of one of them: to fall asleep and be woken for each
// reply costs more than all else that is done for a small message. Whatever else may have to be waited for (a connect, a slow
// server, the next message) is for each sender's own thread, so that none is held up by another.
class SenderGroup {
 public:
    SenderGroup();

    // What takes longer is not quick.
    static constexpr std::chrono::milliseconds kQuick{10};

    // On the sender's own thread; returns when that has to go on.
    void carry(Sender& sender);

 private:
    using Clock = std::chrono::steady_clock;
    struct Place {
        Sender* sender;
        Clock::time_point since;  // it waits for its server
        bool leaves = false;
        bool left = false;
        std::condition_variable called = {};
    };

    void look_after_all(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::vector<Place*> places_;
    bool is_led_ = false;
    net::Descriptor news_;  // of a place more
    // Of the thread that leads:
    std::vector<Place*> known_;
    std::vector<pollfd> waiting_;
};

}  // namespace mailpipe::app
