#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mailpipe/app/location.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {

// Of a maildir: or mbox: location.
store::Format store_format(const Location& location);
// The ref of the message with this store::Entry::id in the store at `location`, which is no ref.
std::string ref_in_store(const Location& location, const std::string& entry_id);

// A Maildir or an mbox that is listed or read.
class LocalStore {
 public:
    // Errors: not_found, io.
    static Result<LocalStore> open(const Location& location);

    store::MailboxReader& reader() { return *reader_; }
    // nullopt: no such message. Errors: io, from the first call, which lists the store.
    Result<std::optional<store::Entry>> find(const Location& ref);
    // After a change: find() lists the store anew.
    void forget_entries() { entries_.reset(); }
    // What is known of it without opening it, but its size. On any thread.
    email::Context context_of(const store::Entry& entry) const;
    // The same in the memory of the context of another message.
    void set_context(const store::Entry& entry, email::Context& context) const;

 private:
    LocalStore(const Location& location, std::unique_ptr<store::MailboxReader> reader)
        : scheme_(location.scheme),
          mailbox_(location.mailbox),
          encoded_(encode(location)),
          reader_(std::move(reader)) {}

    Scheme scheme_;
    std::string mailbox_;
    std::string encoded_;  // the location; each message's ref begins with it
    std::unique_ptr<store::MailboxReader> reader_;
    std::optional<store::Entries> entries_;
};

}  // namespace mailpipe::app
