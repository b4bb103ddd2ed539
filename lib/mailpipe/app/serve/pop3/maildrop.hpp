#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app::serve {

struct MaildropMessage {
    std::string id;    // Entry::id
    std::string uidl;  // RFC 1939 section 7: 1 to 70 characters 0x21 to 0x7E
    std::uint64_t size = 0;
};

struct MaildropOptions {
    // The UIDLs that Dovecot or Courier gave (former_uidls.hpp) stay those of the messages that they knew.
    bool keep_former_uidls = true;
    // Messages that arrived before are not listed, and remove_expired() is due; nothing: none.
    std::optional<std::time_t> expired_before = {};
};

// A user's Maildir as one POP3 session sees it: what was there at login, and nobody else's session meanwhile.
class Maildrop {
 public:
    // Takes the exclusive lock (flock on the Maildir) and lists. The Maildir is made when it is missing.
    // Errors: unavailable when another session holds the lock; io, cannot_create, data. Reads the disk: not for
    // the loop's thread.
    static Result<std::shared_ptr<Maildrop>> open(const std::string& path, const MaildropOptions& options);

    const std::vector<MaildropMessage>& messages() const { return messages_; }
    const std::vector<MaildropMessage>& expired() const { return expired_; }
    // As remove().
    Result<void> remove_expired();
    Result<std::unique_ptr<store::MessageReader>> read(std::size_t index);
    // Removes for good and makes that durable. Not for the loop's thread.
    Result<void> remove(const std::vector<std::size_t>& indices);

 private:
    Maildrop(store::Fd lock, std::unique_ptr<store::MailboxReader> reader)
        : lock_(std::move(lock)), reader_(std::move(reader)) {}

    store::Fd lock_;
    std::unique_ptr<store::MailboxReader> reader_;
    Result<void> set_expired_apart(std::time_t before);

    std::vector<MaildropMessage> messages_;
    std::vector<MaildropMessage> expired_;
};

bool is_uidl(std::string_view text);

// The id itself where RFC 1939 allows it, else its SHA-256 in hexadecimal.
std::string uidl_of(std::string_view id);

}  // namespace mailpipe::app::serve
