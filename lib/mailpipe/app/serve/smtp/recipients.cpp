#include "mailpipe/app/serve/smtp/recipients.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

tl::unexpected<smtp::Reply> refuse(std::string enhanced, std::string text) {
    return tl::unexpected<smtp::Reply>(smtp::Reply{550, std::move(enhanced), {std::move(text)}});
}

}  // namespace

bool Recipients::is_served(std::string_view domain) const {
    if (anybody_ != nullptr) return true;
    return std::find(domains_.begin(), domains_.end(), ascii::to_lower(domain)) != domains_.end();
}

tl::expected<std::string, smtp::Reply> Recipients::user_of(const smtp::Mailbox& recipient,
                                                           bool logged_in) const {
    if (!is_local(recipient)) {
        if (logged_in)
            return refuse("5.7.1", "Relaying is not configured: " + recipient.domain + " is not served here");
        return refuse("5.7.1", "Relay access denied: " + recipient.domain + " is not served here");
    }
    if (const std::string* user = users_.find(recipient.local_part)) return *user;
    if (anybody_ != nullptr) {
        const std::string* user = users_.find(recipient.encode());
        return user != nullptr ? *user : anybody_->of_recipient(recipient);
    }
    if (ascii::equals_ignore_case(recipient.local_part, "postmaster") && !users_.empty()) return users_.first();
    if (recipient.local_part.find_first_of("%!@") != std::string::npos) {
        return refuse("5.7.1", "Relay access denied: routes in the local part are not followed");
    }
    return refuse("5.1.1", "No such user here: " + recipient.local_part);
}

std::string Recipients::login_name(std::string_view name) const {
    const std::size_t at = name.rfind('@');
    if (at == std::string_view::npos || users_.is_anybody() || users_.find(name) != nullptr ||
        !is_served(name.substr(at + 1))) {
        return std::string(name);
    }
    return std::string(name.substr(0, at));
}

}  // namespace mailpipe::app::serve
