#include "mailpipe/smtp/mail_parameters.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/date_time.hpp"
#include "mailpipe/smtp/parameters.hpp"
#include "mailpipe/smtp/xtext.hpp"

namespace mailpipe::smtp {
namespace {

Parsed<void> malformed(std::string text) {
    return refused(501, "5.5.4", std::move(text));
}

Parsed<void> take_size(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    const auto size = ascii::parse_number(value);
    if (!size || value.size() > 20) return malformed("SIZE takes one decimal number");
    out.size = size;
    return {};
}

Parsed<void> take_body(std::string_view value, const ServerExtensions& offered, Envelope& out) {
    const std::string body = ascii::to_upper(value);
    const bool takes_binary = offered.chunking && offered.binary;
    const bool is_binary = body == "BINARYMIME" && takes_binary;
    if (body != "7BIT" && body != "8BITMIME" && !is_binary)
        return malformed(takes_binary ? "BODY is 7BIT, 8BITMIME or BINARYMIME" : "BODY is 7BIT or 8BITMIME");
    out.body = is_binary ? Body::binary : body == "8BITMIME" ? Body::eight_bit : Body::seven_bit;
    return {};
}

Parsed<void> take_auth(std::string_view value, const ServerExtensions& /*offered*/, Envelope& /*out*/) {
    return value.empty() ? malformed("AUTH takes a mailbox or <>") : Parsed<void>();
}

Parsed<void> take_utf8(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    out.smtputf8 = true;
    return value.empty() ? Parsed<void>() : malformed("SMTPUTF8 takes no value");
}

Parsed<void> take_ret(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    const std::string ret = ascii::to_upper(value);
    if (ret != "FULL" && ret != "HDRS") return malformed("RET is FULL or HDRS");
    out.ret = ret == "FULL" ? Return::full : Return::headers;
    return {};
}

Parsed<void> take_envid(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    auto id = decode_xtext(value);
    if (!id || id->empty() || id->size() > kEnvelopeId || !is_printable_ascii(*id))
        return malformed("ENVID is xtext of up to 100 printable ASCII characters");
    out.envelope_id = std::move(*id);
    return {};
}

// by-value = by-time ";" by-mode [by-trace] ; by-time = ["-" / "+"] 1*9digit
Parsed<void> take_by(std::string_view value, const ServerExtensions& offered, Envelope& out) {
    const std::string expected = "BY is seconds; and R or N, and T for a trace: BY=3600;R";
    const std::size_t semicolon = value.find(';');
    if (semicolon == std::string_view::npos) return malformed(expected);
    std::string_view time = value.substr(0, semicolon);
    const bool is_negative = time.starts_with('-');
    if (is_negative || time.starts_with('+')) time.remove_prefix(1);
    const auto seconds = ascii::parse_number(time);
    const std::string mode = ascii::to_upper(value.substr(semicolon + 1));
    const bool is_mode = mode == "R" || mode == "N" || mode == "RT" || mode == "NT";
    if (!seconds || time.size() > 9 || !is_mode) return malformed(expected);
    const auto by = static_cast<std::int64_t>(*seconds);
    out.by = DeliverBy{is_negative ? -by : by, mode[0] == 'R', mode.size() == 2};
    if (!out.by->returned) return {};
    // RFC 2852 section 4.1: what is late already, or would be here, is refused.
    if (out.by->seconds <= 0) return malformed("BY with R is at least one second");
    if (*seconds < *offered.deliver_by_minimum)
        return refused(555, "5.4.7",
                       "BY is at least " + std::to_string(*offered.deliver_by_minimum) + " seconds here");
    return {};
}

Parsed<void> take_hold_for(std::string_view value, const ServerExtensions& offered, Envelope& out) {
    const auto seconds = ascii::parse_number(value);
    if (!seconds || *seconds == 0 || value.size() > 9 || out.hold_until)
        return malformed("HOLDFOR takes seconds, and is not given with HOLDUNTIL");
    if (*seconds > offered.max_hold_for)
        return malformed("HOLDFOR is at most " + std::to_string(offered.max_hold_for));
    out.hold_for = seconds;
    return {};
}

Parsed<void> take_hold_until(std::string_view value, const ServerExtensions& offered, Envelope& out) {
    const auto moment = parse_date_time(value);
    if (!moment || out.hold_for)
        return malformed("HOLDUNTIL takes a date-time of RFC 3339, and is not given with HOLDFOR");
    if (*moment > offered.max_hold_until)
        return malformed("HOLDUNTIL is at most " + encode_date_time(offered.max_hold_until));
    out.hold_until = moment;
    return {};
}

// priority-value = ["-"] NZDIGIT / "0"
Parsed<void> take_priority(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    const bool is_negative = value.starts_with('-');
    const std::string_view digit = value.substr(is_negative ? 1 : 0);
    if (digit.size() != 1 || !ascii::is_digit(digit[0]) || (is_negative && digit == "0"))
        return malformed("MT-PRIORITY is -9 to 9");
    out.priority = (is_negative ? -1 : 1) * (digit[0] - '0');
    return {};
}

Parsed<void> take_require_tls(std::string_view value, const ServerExtensions& /*offered*/, Envelope& out) {
    out.require_tls = true;
    return value.empty() ? Parsed<void>() : malformed("REQUIRETLS takes no value");
}

bool always(const ServerExtensions& /*offered*/) {
    return true;
}
bool has_utf8(const ServerExtensions& offered) {
    return offered.utf8;
}
bool has_dsn(const ServerExtensions& offered) {
    return offered.dsn;
}
bool has_deliver_by(const ServerExtensions& offered) {
    return offered.deliver_by_minimum.has_value();
}
bool has_hold(const ServerExtensions& offered) {
    return offered.max_hold_for != 0;
}
bool has_priority(const ServerExtensions& offered) {
    return offered.priority;
}
bool has_require_tls(const ServerExtensions& offered) {
    return offered.require_tls;
}

struct MailParameter {
    std::string_view keyword;
    bool (*is_offered)(const ServerExtensions& offered);
    Parsed<void> (*take)(std::string_view value, const ServerExtensions& offered, Envelope& out);
};

constexpr std::array kMailParameters{
    MailParameter{"SIZE", always, take_size},
    MailParameter{"BODY", always, take_body},
    MailParameter{"AUTH", always, take_auth},
    MailParameter{"SMTPUTF8", has_utf8, take_utf8},
    MailParameter{"RET", has_dsn, take_ret},
    MailParameter{"ENVID", has_dsn, take_envid},
    MailParameter{"BY", has_deliver_by, take_by},
    MailParameter{"HOLDFOR", has_hold, take_hold_for},
    MailParameter{"HOLDUNTIL", has_hold, take_hold_until},
    MailParameter{"MT-PRIORITY", has_priority, take_priority},
    MailParameter{"REQUIRETLS", has_require_tls, take_require_tls},
};

// esmtp-param = esmtp-keyword ["=" esmtp-value] ; esmtp-value = 1*(%d33-60 / %d62-126)
struct Parameter {
    std::string keyword;
    std::string_view value;
};

Parsed<std::vector<Parameter>> split_parameters(std::string_view text) {
    std::vector<Parameter> parameters;
    std::set<std::string> keywords;
    for (const std::string_view word : ascii::split_words(text)) {
        const std::size_t equals = std::min(word.find('='), word.size());
        std::string keyword = ascii::to_upper(word.substr(0, equals));
        if (!keywords.insert(keyword).second) return refused(501, "5.5.4", keyword + " is given twice");
        parameters.push_back({std::move(keyword), word.substr(std::min(equals + 1, word.size()))});
    }
    return parameters;
}

tl::unexpected<Reply> unsupported(const std::string& keyword) {
    return refused(555, "5.5.4", "Parameter is not supported: " + keyword);
}

// notify-esmtp-value = "NEVER" / 1#notify-list-element
Parsed<Notify> parse_notify(std::string_view value) {
    Notify notify;
    const std::string list = ascii::to_upper(value);
    if (list == "NEVER") return notify;
    for (const std::string_view element : ascii::split(list, ',')) {
        bool* const asked = element == "SUCCESS"   ? &notify.success
                            : element == "FAILURE" ? &notify.failure
                            : element == "DELAY"   ? &notify.delay
                                                   : nullptr;
        if (asked == nullptr) return refused(501, "5.5.4", "NOTIFY is NEVER, or of SUCCESS, FAILURE, DELAY");
        *asked = true;
    }
    return notify;
}

Parsed<std::string> parse_orcpt(std::string_view value) {
    auto original = decode_original_recipient(value);
    if (value.size() > kOriginalRecipient || !original)
        return refused(501, "5.5.4", "ORCPT is a type and xtext: ORCPT=rfc822;alice@example.org");
    return std::move(*original);
}

}  // namespace

Parsed<void> parse_mail_parameters(std::string_view parameters, const ServerExtensions& offered,
                                   Envelope& out) {
    const auto all = split_parameters(parameters);
    if (!all) return tl::unexpected(all.error());
    for (const Parameter& parameter : *all) {
        const auto known =
            std::find_if(kMailParameters.begin(), kMailParameters.end(),
                         [&parameter](const MailParameter& row) { return row.keyword == parameter.keyword; });
        if (known == kMailParameters.end() || !known->is_offered(offered))
            return unsupported(parameter.keyword);
        if (auto taken = known->take(parameter.value, offered, out); !taken) return taken;
    }
    if (needs_utf8(out.reverse_path) && !out.smtputf8)
        return refused(553, "5.6.7", "An address that is not ASCII needs SMTPUTF8");
    return {};
}

Parsed<RecipientOptions> parse_rcpt_parameters(std::string_view parameters, const ServerExtensions& offered) {
    const auto all = split_parameters(parameters);
    if (!all) return tl::unexpected(all.error());
    RecipientOptions options;
    for (const Parameter& parameter : *all) {
        if (offered.dsn && parameter.keyword == "NOTIFY") {
            const auto notify = parse_notify(parameter.value);
            if (!notify) return tl::unexpected(notify.error());
            options.notify = *notify;
        } else if (offered.dsn && parameter.keyword == "ORCPT") {
            auto original = parse_orcpt(parameter.value);
            if (!original) return tl::unexpected(original.error());
            options.original = std::move(*original);
        } else {
            return unsupported(parameter.keyword);
        }
    }
    return options;
}

}  // namespace mailpipe::smtp
