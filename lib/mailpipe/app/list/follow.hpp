#pragma once

#include <chrono>
#include <memory>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app {

// A mailbox whose messages are listed, and then those that arrive (--follow). Errors of start() and look() end
// it; a message that cannot be read is reported.
class Follower {
 public:
    using Time = std::chrono::steady_clock::time_point;

    virtual ~Follower() = default;

    // Begins to watch, then lists what is there.
    virtual Result<void> start() = 0;
    // Readable when something may have happened.
    virtual int descriptor() const = 0;
    // When to look although nothing was said.
    virtual Time due() const = 0;
    // Lists what is new.
    virtual Result<void> look() = 0;
};

// Errors: as open_list_source(); usage for what cannot be followed.
Result<std::unique_ptr<Follower>> open_follower(const Location& location, Listing& listing);
// A Maildir or an mbox, watched by inotify(7).
Result<std::unique_ptr<Follower>> open_store_follower(const Location& location, Listing& listing);
// By IDLE (RFC 2177), or NOOP where it is not offered.
Result<std::unique_ptr<Follower>> open_imap_follower(const Location& location, Listing& listing);

// Until SIGINT or SIGTERM, until the output has ended, or until nothing is left to follow. One that fails is
// reported, and the others go on.
void follow(std::vector<std::pair<std::string, std::unique_ptr<Follower>>> followers, Listing& listing);

}  // namespace mailpipe::app
