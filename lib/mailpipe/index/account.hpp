#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/index/mailbox.hpp"

// The mail of one user: a Maildir++ tree, which stays the truth for messages and their flags, and ROOT/.mailpipe-index, an
// SQLite file (WAL) with what makes the mailboxes those of IMAP: UIDs, MODSEQs, keywords, dates, what is derived of the
// messages, vanished UIDs; subscriptions, special uses, ACLs, metadata. A lost or broken index is made again: UIDs come from
// what is left of it, from dovecot-uidlist, or are new ones under another UIDVALIDITY.
namespace mailpipe::index {

struct MailboxInfo {
    std::string name;    // UTF-8, "/" between levels; "INBOX" first
    bool exists = true;  // false: only levels below it exist, or it is only subscribed
    bool subscribed = false;
    bool has_children = false;
    std::vector<std::string> special_use;  // "\\Sent"
};

// Something happened to the mailboxes of an account; `messages`: in one of them, whether or not it is open.
struct AccountChange {
    enum class Kind { created, deleted, renamed, subscribed, unsubscribed, messages, acl, metadata };
    Kind kind = Kind::messages;
    std::string mailbox;        // the new name where it was renamed; "" : metadata of the server
    std::string old_name = {};  // renamed
    std::string entry = {};     // metadata
};

// Told before messages leave a Maildir (expunged, moved elsewhere), by Entry::id: a log of deliveries must not put them in
// place again (store/delivery_log.hpp).
using Removing = std::function<void(const std::string& maildir, const std::vector<std::string>& ids)>;

class Account {
 public:
    virtual ~Account() = default;

    // Makes the Maildir where it is missing. One process at a time has an account open. Errors: unavailable when another has
    // it; io, cannot_create, data.
    static Result<std::shared_ptr<Account>> open(const std::string& path, Describe describe,
                                                 Removing removing = {});

    // All that exist, and those subscribed that do not; sorted by name, INBOX first. Parents that have no Maildir of their
    // own are listed with `exists` false.
    virtual Result<std::vector<MailboxInfo>> mailboxes() = 0;
    // Errors: not_found. Refreshes it when it was not open. It keeps the account open.
    virtual Result<std::shared_ptr<Mailbox>> mailbox(const std::string& name) = 0;
    // Errors of the next: usage for a name that cannot be one (empty level, "." or "/" where it cannot be, too long, control
    // characters), `unavailable` for one that exists already, not_found, permanent for what must not be (INBOX deleted).
    virtual Result<void> create(const std::string& name, const std::vector<std::string>& special_use) = 0;
    // Those uses go from all other mailboxes.
    virtual Result<void> set_special_use(const std::string& name, const std::vector<std::string>& uses) = 0;
    // Its messages go with it. One with children stays as a name that does not exist.
    virtual Result<void> remove(const std::string& name) = 0;
    // With all below it. Of INBOX: its messages go into the new mailbox (RFC 9051 section 6.3.6).
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> subscribe(const std::string& name, bool subscribed) = 0;

    // Rights by identifier (RFC 4314); the owner has all.
    using Acl = std::map<std::string, std::string>;
    virtual Result<Acl> acl(const std::string& mailbox) = 0;
    virtual Result<void> set_acl(const std::string& mailbox, const std::string& identifier,
                                 const std::string& rights) = 0;

    // Entries of RFC 5464 in lower case, "/private/comment"; "" is the server. nullopt removes.
    using Metadata = std::map<std::string, std::string>;
    virtual Result<Metadata> metadata(const std::string& mailbox) = 0;
    virtual Result<void> set_metadata(const std::string& mailbox, const std::string& entry,
                                      const std::optional<std::string>& value) = 0;
    // Small things that the protocol wants kept (keys of URLAUTH), by name; "" for none.
    virtual Result<std::string> secret(const std::string& name) = 0;
    virtual Result<void> set_secret(const std::string& name, const std::string& value) = 0;

    // Octets and messages of all mailboxes (RFC 9208).
    struct Usage {
        std::uint64_t octets = 0;
        std::uint64_t messages = 0;
    };
    virtual Result<Usage> usage() = 0;

    // As Mailbox::watch().
    virtual Mailbox::Token watch(std::function<void(const AccountChange&)> changed) = 0;
    // Messages may have come into the Maildir of this mailbox: whoever delivers in this process says so. No I/O.
    virtual void delivered(const std::string& mailbox_path) = 0;

    // The index has turned out to be broken: who closes the account and opens it again has another one.
    virtual bool is_broken() const = 0;

    struct Checked {
        std::vector<std::string> problems;  // a line each
        std::size_t mailboxes = 0, messages = 0;
    };
    virtual Result<Checked> check() = 0;  // compares the index with the Maildirs
    virtual Result<void> rebuild() = 0;   // throws away what is derived, keeps UIDs
};

// false: the account has never given rights to anybody, and others need not open it. One that does not say so may have.
bool may_share(const std::string& path);

// The accounts that are open: one instance each, as long as somebody has it. From any thread.
class Accounts {
 public:
    explicit Accounts(Describe describe, Removing removing = {})
        : describe_(describe), removing_(std::move(removing)) {}
    Result<std::shared_ptr<Account>> open(const std::string& path);
    std::shared_ptr<Account> find(const std::string& path);  // when it is open; no I/O

 private:
    struct Impl;
    Describe describe_;
    Removing removing_;
    std::shared_ptr<Impl> impl_ = make();
    static std::shared_ptr<Impl> make();
};

}  // namespace mailpipe::index
