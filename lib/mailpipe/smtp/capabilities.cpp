#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::smtp {
namespace {

using Words = std::vector<std::string_view>;

struct Flag {
    std::string_view keyword;
    bool Capabilities::*member;
};
constexpr std::array kFlags{
    Flag{"8BITMIME", &Capabilities::eight_bit_mime},
    Flag{"PIPELINING", &Capabilities::pipelining},
    Flag{"ENHANCEDSTATUSCODES", &Capabilities::enhanced_status_codes},
    Flag{"STARTTLS", &Capabilities::starttls},
    Flag{"SMTPUTF8", &Capabilities::smtputf8},
    Flag{"CHUNKING", &Capabilities::chunking},
    Flag{"BINARYMIME", &Capabilities::binary_mime},
    Flag{"DSN", &Capabilities::dsn},
    Flag{"REQUIRETLS", &Capabilities::require_tls},
    Flag{"BURL", &Capabilities::burl},
    Flag{"NO-SOLICITING", &Capabilities::no_soliciting},
    Flag{"MT-PRIORITY", &Capabilities::mt_priority},
};

std::uint64_t number(const Words& words, std::size_t index) {
    return index < words.size() ? ascii::parse_number(words[index]).value_or(0) : 0;
}

void add_auth(Capabilities& capabilities, const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        std::string mechanism = ascii::to_upper(words[i]);
        auto& auth = capabilities.auth;
        if (std::find(auth.begin(), auth.end(), mechanism) == auth.end()) auth.push_back(std::move(mechanism));
    }
}

// limits-param = limit-name-value 0*[SP limit-name-value] ; limit-name-value = limit-name "=" limit-value
void add_limits(Capabilities& capabilities, const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::size_t equals = std::min(words[i].find('='), words[i].size());
        const std::string name = ascii::to_upper(words[i].substr(0, equals));
        const auto value = ascii::parse_number(words[i].substr(std::min(equals + 1, words[i].size())));
        // A limit of zero is not one that the RFC has.
        if (!value || *value == 0) continue;
        if (name == "MAILMAX") capabilities.mail_max = *value;
        if (name == "RCPTMAX") capabilities.recipients_max = *value;
        if (name == "RCPTDOMAINMAX") capabilities.recipient_domains_max = *value;
    }
}

bool add_with_arguments(Capabilities& capabilities, std::string_view keyword, const Words& words) {
    if (keyword == "SIZE") {
        capabilities.size = true;
        if (words.size() > 1) capabilities.max_size = number(words, 1);
    } else if (keyword == "AUTH") {
        add_auth(capabilities, words);
    } else if (keyword == "LIMITS") {
        add_limits(capabilities, words);
    } else if (keyword == "DELIVERBY") {
        capabilities.deliver_by = true;
        capabilities.deliver_by_minimum = number(words, 1);
    } else if (keyword == "FUTURERELEASE") {
        capabilities.future_release = true;
        capabilities.max_hold_for = number(words, 1);
        if (words.size() > 2) capabilities.max_hold_until = ascii::to_upper(words[2]);
    } else {
        return false;
    }
    return true;
}

}  // namespace

// ehlo-line = ehlo-keyword *( SP ehlo-param ) ; "AUTH=" is what Exchange 5.5 and its heirs send
void Capabilities::add(std::string_view line) {
    if (other.size() + auth.size() >= limits::kCapabilities) return;
    std::string normalised(line);
    if (ascii::starts_with_ignore_case(line, "AUTH=")) normalised[4] = ' ';
    const auto words = ascii::split_words(normalised);
    if (words.empty()) return;
    const std::string keyword = ascii::to_upper(words[0]);
    const auto flag = std::find_if(kFlags.begin(), kFlags.end(),
                                   [&keyword](const Flag& entry) { return entry.keyword == keyword; });
    if (flag != kFlags.end()) {
        this->*flag->member = true;
    } else if (!add_with_arguments(*this, keyword, words)) {
        other.push_back(keyword + normalised.substr(words[0].size()));
    }
}

}  // namespace mailpipe::smtp
