#include "mailpipe/app/serve/smtp/recipients.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

tl::unexpected<smtp::Reply> refuse(int code, std::string enhanced, std::string text) {
    return tl::unexpected<smtp::Reply>(smtp::Reply{code, std::move(enhanced), {std::move(text)}});
}

constexpr std::string_view kPostmaster = "postmaster";

bool contains(const std::vector<std::string>& domains, std::string_view domain) {
    return std::find(domains.begin(), domains.end(), ascii::to_lower(domain)) != domains.end();
}

// They were read with the aliases.
Result<std::string> read_no_file(const std::string& path) {
    return fail(Errc::config, path + ": not read");
}

}  // namespace

bool Recipients::is_local(const smtp::Mailbox& recipient) const {
    return anybody_ != nullptr || recipient.domain.empty() || contains(routing_.domains, recipient.domain) ||
           contains(routing_.virtual_domains, recipient.domain);
}

std::optional<std::string> Recipients::exact_user_of(const smtp::Mailbox& mailbox) const {
    // "alice@example.org"@here is not alice@example.org (threats.md: quoted at-sign).
    if (mailbox.local_part.find('@') != std::string::npos) return std::nullopt;
    if (auto user = users_.find(mailbox.local_part + '@' + mailbox.domain)) return user;
    const bool by_name = mailbox.domain.empty() || contains(routing_.domains, mailbox.domain);
    return by_name ? users_.find(mailbox.local_part) : std::nullopt;
}

std::optional<std::string> Recipients::user_of(const smtp::Mailbox& mailbox) const {
    if (auto user = exact_user_of(mailbox)) return user;
    const auto plain = without_detail(mailbox, routing_.detail_separators);
    return plain ? exact_user_of(*plain) : std::nullopt;
}

tl::expected<Places, smtp::Reply> Recipients::expand(const smtp::Mailbox& recipient) const {
    Places places;
    const auto mailboxes = routing_.aliases->expand(recipient.encode(), read_no_file);
    if (!mailboxes) return refuse(451, "4.3.5", "The alias of this address leads nowhere now");
    for (const smtp::Mailbox& mailbox : *mailboxes) {
        if (!is_local(mailbox)) {
            places.elsewhere.push_back(mailbox);
        } else if (const auto user = user_of(mailbox)) {
            if (std::find(places.users.begin(), places.users.end(), *user) == places.users.end())
                places.users.push_back(*user);
        } else {
            return refuse(451, "4.3.5", "An alias of this address leads to a user who does not exist");
        }
    }
    return places;
}

tl::expected<Places, smtp::Reply> Recipients::resolve(const smtp::Mailbox& recipient, bool logged_in,
                                                      std::time_t now) const {
    if (!is_local(recipient)) {
        if (logged_in)
            return refuse(550, "5.7.1",
                          "Relaying is not configured: " + recipient.domain + " is not served here");
        return refuse(550, "5.7.1", "Relay access denied: " + recipient.domain + " is not served here");
    }
    if (routing_.srs && Srs::is_rewritten(recipient.local_part)) {
        auto sender = routing_.srs->reverse(recipient.local_part, now);
        if (!sender) return refuse(550, "5.1.1", "No such user here: " + sender.error().message);
        return Places{{}, {std::move(*sender)}, true};
    }
    const smtp::Mailbox address = qualified(recipient);
    if (routing_.aliases && routing_.aliases->has(address)) return expand(address);
    if (const auto user = user_of(address)) return Places{{*user}, {}, false};
    if (anybody_ != nullptr) {
        // A user of --user has it whatever the domain.
        const auto user = users_.find(recipient.local_part);
        return Places{{user ? *user : anybody_->of_recipient(recipient)}, {}, false};
    }
    // RFC 5321 section 4.5.1: always.
    if (ascii::equals_ignore_case(recipient.local_part, kPostmaster))
        return Places{{users_.size() > 0 ? users_.first() : std::string(kPostmaster)}, {}, false};
    if (recipient.local_part.find_first_of("%!@") != std::string::npos)
        return refuse(550, "5.7.1", "Relay access denied: routes in the local part are not followed");
    return refuse(550, "5.1.1", "No such user here: " + recipient.local_part);
}

smtp::Mailbox Recipients::forwarding_path(const smtp::Mailbox& sender, std::time_t now) const {
    return routing_.srs ? routing_.srs->forward(sender, now) : sender;
}

smtp::Mailbox Recipients::qualified(smtp::Mailbox recipient) const {
    if (recipient.domain.empty()) recipient.domain = routing_.domains.front();
    return recipient;
}

smtp::Mailbox Recipients::address_of(const std::string& user) const {
    const std::size_t at = user.rfind('@');
    if (at == std::string::npos) return qualified({user, ""});
    return {user.substr(0, at), ascii::to_lower(user.substr(at + 1))};
}

Result<void> Recipients::check_aliases(bool forwards) const {
    if (!routing_.aliases) return {};
    for (const std::string& name : routing_.aliases->names()) {
        const std::string address = name.starts_with('@') ? "no-such-user" + name
                                    : name.find('@') == std::string::npos
                                        ? name + '@' + routing_.domains.front()
                                        : name;
        const auto mailbox = smtp::parse_mailbox(address, true);
        if (!mailbox)
            return fail(Errc::config, "alias " + name + ": not an address: " + mailbox.error().message);
        if (!is_local(*mailbox))
            return fail(Errc::config,
                        "alias " + name + ": " + mailbox->domain + " is no --domain or --virtual-domain");
        // Its errors say more than a reply.
        if (auto expanded = routing_.aliases->expand(address, read_no_file); !expanded) {
            const std::string& why = expanded.error().message;
            return fail(expanded.error().kind, why.starts_with("alias ") ? why : "alias " + name + ": " + why);
        }
        const auto places = expand(*mailbox);
        if (!places) return fail(Errc::config, "alias " + name + ": it leads to a user who does not exist");
        if (!forwards && !places->elsewhere.empty())
            return fail(Errc::config, "alias " + name + ": it leads to " + places->elsewhere.front().encode() +
                                          ", which needs --relay-server");
    }
    return {};
}

bool Recipients::reaches(const smtp::Mailbox& address, const std::string& user, std::time_t now) const {
    const auto places = resolve(address, true, now);
    return places && std::find(places->users.begin(), places->users.end(), user) != places->users.end();
}

std::string Recipients::login_name(std::string_view name) const {
    const std::size_t at = name.rfind('@');
    if (at == std::string_view::npos || users_.is_anybody() || users_.find(name) ||
        !contains(routing_.domains, name.substr(at + 1))) {
        return std::string(name);
    }
    return std::string(name.substr(0, at));
}

}  // namespace mailpipe::app::serve
