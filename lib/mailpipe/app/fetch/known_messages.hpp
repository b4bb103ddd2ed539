#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/fetch/fingerprint.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app {

// Messages that were delivered under keys that say nothing any more: UIDVALIDITY or all UIDLs are others now, or
// the journal is lost. What is on the server is found among them by its header, and not fetched again. Copies share
// what they hold; any number of threads may take.
class KnownMessages {
 public:
    struct Known {
        Fingerprint print;
        std::uint64_t size = 0;  // CRLF octets
        std::string to;          // ref at the destination
        std::uint32_t time = 0;  // when it was delivered; 0: not known
    };

    // `exact`: only the same header and size counts. What a journal says was delivered was whole; what lies in a
    // store may be the header alone, and must not let the message be deleted from the server.
    explicit KnownMessages(bool exact = false);

    void add(Known known);
    bool empty() const;
    // The one that a message with this header is: the same header and size, else the same header when that has a
    // Message-ID (Exchange announces wrong sizes), else the same Message-ID, Date and size (a server that was
    // moved may have added fields). Each is given out once.
    std::optional<Known> take(const Fingerprint& print, std::uint64_t size);

 private:
    struct Table;
    std::shared_ptr<Table> table_;
};

// What was found again, as the state records it.
class Adopted {
 public:
    void add(std::string key, KnownMessages::Known found);
    const std::vector<FetchState::Done>& done() const { return done_; }

 private:
    std::deque<std::string> texts_;  // what done_ views
    std::vector<FetchState::Done> done_;
};

// What the journal says was delivered. Errors: io.
Result<KnownMessages> known_by_journal(const FetchState& state);

// What Maildirs and mboxes held and no journal knows, looked at once for all sources that deliver there: what they put
// there afterwards is in their journals. Any number of threads may ask.
class KnownInStores {
 public:
    // Errors: those of the store, io.
    Result<KnownMessages> in(const std::vector<Location>& stores, const FetchState::Where& where);

 private:
    std::mutex mutex_;
    std::map<std::vector<std::string>, KnownMessages> known_;
};

}  // namespace mailpipe::app
