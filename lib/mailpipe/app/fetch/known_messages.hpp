#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mailpipe/app/fetch/fingerprint.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app {

// Messages that were delivered under keys that say nothing any more: UIDVALIDITY or all UIDLs are others now, or
// the journal is lost. What is on the server is found among them by its header, and not fetched again.
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
    explicit KnownMessages(bool exact = false) : exact_(exact) {}

    void add(Known known);
    bool empty() const { return known_.size() == taken_count_; }
    // The one that a message with this header is: the same header and size, else the same header when that has a
    // Message-ID (Exchange announces wrong sizes), else the same Message-ID, Date and size (a server that was
    // moved may have added fields). Each is given out once.
    std::optional<Known> take(const Fingerprint& print, std::uint64_t size);

 private:
    using Index = std::unordered_multimap<std::uint64_t, std::size_t>;
    template <class Accept>
    std::optional<std::size_t> find(const Index& index, std::uint64_t hash, Accept accept) const;

    bool exact_;
    std::vector<Known> known_;
    std::vector<bool> taken_;
    std::size_t taken_count_ = 0;
    Index by_header_;
    Index by_identity_;
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
// Adds what is in a Maildir or an mbox and came there by no journal but that of `source` and `destination`. Errors:
// those of the store, io.
Result<void> add_known_in_store(KnownMessages& known, const Location& store, const FetchState::Where& where,
                                const Location& source, const std::string& destination);

}  // namespace mailpipe::app
