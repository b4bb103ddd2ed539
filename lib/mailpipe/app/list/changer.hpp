#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "mailpipe/app/list/change.hpp"
#include "mailpipe/app/message_source.hpp"

namespace mailpipe::app {

// What has become of each message, once that is durable.
struct ChangeReport {
    // What is known of it now; of a removed one, what it was. Error io: nothing more is to be changed.
    std::function<Result<void>(const email::Context& context)> changed;
    std::function<void(const email::Context& context)> gone;
    std::function<void(std::string_view text)> note;
};

// A mailbox that is open for changes. Targets are messages that its source() has written. An error ends the
// work on the mailbox; what was done before it has been reported.
class Changer {
 public:
    using Targets = std::vector<email::Context>;

    virtual ~Changer() = default;

    // Error unsupported, or auth, for what this mailbox cannot do; nothing is changed then.
    virtual Result<void> check(const Change& change) = 0;
    virtual ListSource& source() = 0;
    // How many targets one call of the members below takes; those of an mbox and of a maildrop are changed all
    // at once, since what they are called is worth nothing afterwards.
    virtual std::size_t at_once() const { return 500; }

    virtual Result<void> set_flags(const Targets& targets, const store::FlagChange& flags,
                                   const ChangeReport& report) = 0;
    virtual Result<void> remove(const Targets& targets, const ChangeReport& report) = 0;
    // A move or copy whose octets do not pass through here. false: not possible, and nothing is done.
    virtual Result<bool> transfer(const Targets& targets, const Change& change, const ChangeReport& report) = 0;
    // For a move or copy whose octets do; on the same connection.
    virtual SourceMailbox& messages() = 0;
};

// Errors: as open_list_source().
Result<std::unique_ptr<Changer>> open_store_changer(const Location& location, Listing& listing);
Result<std::unique_ptr<Changer>> open_imap_changer(const Location& location, Listing& listing);
Result<std::unique_ptr<Changer>> open_pop3_changer(const Location& location, Listing& listing);

}  // namespace mailpipe::app
