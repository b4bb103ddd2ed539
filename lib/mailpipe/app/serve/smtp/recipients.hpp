#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/serve/test/anybody.hpp"
#include "mailpipe/app/serve/users/users.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// Whose mail this server takes: a mailbox is a user in one of the domains, or it is refused. Whether the mail of users who
// have logged in goes elsewhere (relay.hpp) is for the caller to ask first.
class Recipients {
 public:
    // `domains` lower case. `users` must outlive this.
    Recipients(const Users& users, std::vector<std::string> domains)
        : users_(users), domains_(std::move(domains)) {}

    void serve(std::vector<std::string> domains) { domains_ = std::move(domains); }

    // The user whom the recipient means, or the reply that refuses it: 550 5.7.1 for another domain and for the
    // tricks of old that ask for one (user%other.org@here, other.org!user@here, "user@other.org"@here),
    // 550 5.1.1 for a user who does not exist. <postmaster> and postmaster at a domain are taken always (RFC
    // 5321 section 4.5.1): by the user of that name, else by the first user.
    tl::expected<std::string, smtp::Reply> user_of(const smtp::Mailbox& recipient, bool logged_in) const;

    // --test: whatever is no user is a mailbox of its own. `anybody` must outlive this.
    void take_all(Anybody* anybody) { anybody_ = anybody; }

    // In one of the domains, or without any.
    bool is_local(const smtp::Mailbox& recipient) const {
        return recipient.domain.empty() || is_served(recipient.domain);
    }

    // A login name as people type it: "alice", or "alice@example.org" for a domain served here.
    std::string login_name(std::string_view name) const;

 private:
    bool is_served(std::string_view domain) const;

    const Users& users_;
    std::vector<std::string> domains_;
    Anybody* anybody_ = nullptr;
};

}  // namespace mailpipe::app::serve
