#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/aliases.hpp"
#include "mailpipe/app/serve/smtp/srs.hpp"
#include "mailpipe/app/serve/test/anybody.hpp"
#include "mailpipe/app/serve/users/users.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// Domains in lower case.
struct Routing {
    std::vector<std::string> domains;          // in which each user has an address
    std::vector<std::string> virtual_domains;  // in which there are aliases, and users of that very address
    std::string detail_separators;
    std::optional<Aliases> aliases;
    std::optional<Srs> srs;
};

// Where the mail of one recipient goes.
struct Places {
    std::vector<std::string> users;
    std::vector<smtp::Mailbox> elsewhere;  // by an alias, or back to who it was forwarded from
    bool returns = false;                  // the latter: the reverse-path stays as it is
};

// Whose mail this server takes. Whether the mail of users who have logged in goes elsewhere (relay.hpp) is for the caller to
// ask first.
class Recipients {
 public:
    // `users` must outlive this.
    explicit Recipients(const Users& users) : users_(users) {}

    // For AliasScope, once this serves.
    std::function<bool(const smtp::Mailbox&)> exists() const {
        return [this](const smtp::Mailbox& mailbox) { return exact_user_of(mailbox).has_value(); };
    }
    void serve(Routing routing) { routing_ = std::move(routing); }
    // Whether each alias leads to somebody: a user, or with `forwards` anybody. Errors: config.
    Result<void> check_aliases(bool forwards) const;

    // Where the recipient's mail goes, or the reply that refuses it: 550 5.7.1 for another domain and for the
    // tricks of old that ask for one (user%other.org@here, other.org!user@here, "user@other.org"@here),
    // 550 5.1.1 for a user who does not exist, 451 4.3.5 for an alias that leads nowhere. <postmaster> and postmaster at a
    // domain are taken always (RFC 5321 section 4.5.1): by the alias or user of that name, else by the first user,
    // else into a mailbox of that name.
    tl::expected<Places, smtp::Reply> resolve(const smtp::Mailbox& recipient, bool logged_in,
                                              std::time_t now) const;

    // The reverse-path with which mail leaves that an alias sends elsewhere.
    smtp::Mailbox forwarding_path(const smtp::Mailbox& sender, std::time_t now) const;
    // <postmaster> with a domain.
    smtp::Mailbox qualified(smtp::Mailbox recipient) const;

    // A user's own: in the first domain, where the name is no address itself.
    smtp::Mailbox address_of(const std::string& user) const;

    // --test: whatever is no user is a mailbox of its own. `anybody` must outlive this.
    void take_all(Anybody* anybody) { anybody_ = anybody; }

    // In one of the domains, or without any.
    bool is_local(const smtp::Mailbox& recipient) const;
    // Whether mail to this address gets to the user, and perhaps to others.
    bool reaches(const smtp::Mailbox& address, const std::string& user, std::time_t now) const;

    // A login name as people type it: "alice", or "alice@example.org" for a domain served here.
    std::string login_name(std::string_view name) const;

 private:
    std::optional<std::string> user_of(
        const smtp::Mailbox& mailbox) const;  // of the whole address, without its detail, or none
    std::optional<std::string> exact_user_of(const smtp::Mailbox& mailbox) const;
    tl::expected<Places, smtp::Reply> expand(const smtp::Mailbox& recipient) const;

    const Users& users_;
    Routing routing_;
    Anybody* anybody_ = nullptr;
};

}  // namespace mailpipe::app::serve
