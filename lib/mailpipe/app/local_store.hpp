#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "mailpipe/app/location.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {

// Of a maildir: or mbox: location.
store::Format store_format(const Location& location);
// The ref of the message with this store::Entry::id.
std::string ref_in_store(const Location& location, const std::string& entry_id);

// A Maildir or an mbox that is listed or read.
class LocalStore {
 public:
    // Errors: not_found, io.
    static Result<LocalStore> open(const Location& location);

    store::MailboxReader& reader() { return *reader_; }
    // nullptr: no such message. The entry lives as long as this. Errors: io, from the first call, which lists
    // the store.
    Result<const store::Entry*> find(const Location& ref);
    // After a change: find() lists the store anew.
    void forget_entries() {
        is_indexed_ = false;
        entries_.clear();
    }
    // All but its size.
    email::Context context_of(const store::Entry& entry) const;

 private:
    LocalStore(Location location, std::unique_ptr<store::MailboxReader> reader)
        : location_(std::move(location)), reader_(std::move(reader)) {}

    Location location_;
    std::unique_ptr<store::MailboxReader> reader_;
    bool is_indexed_ = false;
    std::unordered_map<std::string, store::Entry> entries_;
};

}  // namespace mailpipe::app
