#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/imap/imap_shared.hpp"
#include "mailpipe/app/serve/imap/rights.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/index/account.hpp"

namespace mailpipe::app::serve {

struct Config;

// "Other Users/NAME/...": what others share (RFC 2342). Everything else is the user's own.
inline constexpr std::string_view kOtherUsers = "Other Users/";

// A mailbox by the name that a client gave it.
struct Place {
    std::shared_ptr<index::Account> account;
    std::string owner;
    std::string name;   // in the account
    std::string shown;  // the name that the client should have given: its NFC, where no mailbox has it as given
    bool own = true;
    Rights rights;  // none where there is no such mailbox, but of one's own
};

// What the mailbox names of one user mean. Reads the disk.
class MailboxNames {
 public:
    // All outlive it.
    MailboxNames(const Config& config, ImapShared& shared, const std::string& user)
        : config_(config), shared_(shared), user_(user) {}

    ImapShared& shared() const { return shared_; }
    // The user's own account; from then on it stays open. Errors: those of index::Account::open().
    Result<std::shared_ptr<index::Account>> own();
    // Names are Net-Unicode (RFC 9051 section 5.1). Errors: not_found also where the user may not know that there is one.
    Result<Place> find(const std::string& name);
    // One that is there; with `needed` rights. Errors: not_found, auth.
    Result<std::shared_ptr<index::Mailbox>> open(const Place& place);

    struct Listed {
        index::MailboxInfo info;  // its name as the client sees it
        Rights rights;
    };
    // With `others`, of other users what `user` may look up.
    Result<std::vector<Listed>> list(bool others);

 private:
    Result<Place> find_as_given(const std::string& name);
    Result<std::shared_ptr<index::Account>> account_of(const std::string& user);

    const Config& config_;
    ImapShared& shared_;
    const std::string& user_;
    std::shared_ptr<index::Account> own_;
};

}  // namespace mailpipe::app::serve
