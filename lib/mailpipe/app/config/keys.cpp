#include "mailpipe/app/config/keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "mailpipe/app/fetch/destination_template.hpp"
#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/route.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/dns/name.hpp"
#include "mailpipe/email/search.hpp"
#include "mailpipe/net/tls_verify.hpp"

namespace mailpipe::app::config {
namespace {

constexpr double kLongestTimeout = 86400;

template <class Enum, std::size_t N>
Result<Enum> choose(const std::string& word, const std::array<std::pair<std::string_view, Enum>, N>& choices) {
    std::string words;
    for (const auto& [name, choice] : choices) {
        if (name == word) return choice;
        words += (words.empty() ? "" : ", ") + std::string(name);
    }
    return fail(Errc::usage, "\"" + word + "\" is not one of " + words);
}

// Puts what was parsed into its place.
template <class T, class Place>
Result<void> put(Result<T> parsed, Place& place) {
    if (!parsed) return tl::unexpected(parsed.error());
    place = std::move(*parsed);
    return {};
}

Result<void> apply_timeout(const Value& value, Settings& settings) {
    if (!(value.number >= 0.001 && value.number <= kLongestTimeout))
        return fail(Errc::usage, "is a number of seconds from 0.001 to 86400");
    settings.fetch.client.timeout = std::chrono::milliseconds(std::llround(value.number * 1000));
    return {};
}

Result<TlsMode> parse_tls(const std::string& word) {
    static constexpr std::array<std::pair<std::string_view, TlsMode>, 3> kModes{
        {{"none", TlsMode::none}, {"starttls", TlsMode::starttls}, {"implicit", TlsMode::implicit}}};
    return choose(word, kModes);
}

Result<void> apply_tls(const Value& value, Settings& settings) {
    return put(parse_tls(value.texts[0]), settings.fetch.client.tls);
}

Result<void> apply_pins(const Value& value, Settings& settings) {
    if (auto pins = net::parse_pins(value.texts); !pins) return tl::unexpected(pins.error());
    settings.fetch.client.pin_sha256 = value.texts;
    return {};
}

Result<void> apply_user(const Value& value, Settings& settings) {
    if (value.texts[0].find(':') != std::string::npos)
        return fail(Errc::usage, "is a name only, without a password");
    settings.fetch.client.user = value.texts[0];
    return {};
}

Result<void> apply_format(const Value& value, Settings& settings) {
    static constexpr std::array<std::pair<std::string_view, MessageFormat>, 3> kFormats{
        {{"mboxrd", MessageFormat::mboxrd},
         {"jsonl", MessageFormat::jsonl},
         {"rfc822", MessageFormat::rfc822}}};
    return put(choose(value.texts[0], kFormats), settings.format);
}

Result<void> apply_summary(const Value& value, Settings& settings) {
    static constexpr std::array<std::pair<std::string_view, Summary>, 3> kSummaries{
        {{"news", Summary::news}, {"always", Summary::always}, {"never", Summary::never}}};
    return put(choose(value.texts[0], kSummaries), settings.summary);
}

Result<void> apply_jobs(const Value& value, Settings& settings) {
    if (value.number < 1) return fail(Errc::usage, "is a number from 1");
    settings.jobs = static_cast<std::size_t>(value.number);
    return {};
}

Result<void> apply_search(const Value& value, Settings& settings) {
    if (auto query = email::parse_search(value.texts[0]); !query) return tl::unexpected(query.error());
    settings.fetch.selection.search = value.texts[0];
    return {};
}

// A bare path, which is absolute here, is judged by what is there when it is used.
Result<void> check_location(const std::string& text) {
    if (text.starts_with("pipe:") || text.starts_with('/')) return {};
    auto location = parse_location(text);
    if (!location) return tl::unexpected(location.error());
    if (location->is_ref()) return fail(Errc::usage, "names a message, not a mailbox");
    return {};
}

Result<void> check_destination(const std::string& text) {
    if (text.starts_with('/')) return {};
    const auto expanded = expand_destination(text, {});
    if (!expanded) return tl::unexpected(expanded.error());
    const auto destination = parse_destination(expanded->text);
    return destination ? Result<void>() : tl::unexpected(destination.error());
}

Result<void> apply_to(const Value& value, Settings& settings) {
    if (auto checked = check_destination(value.texts[0]); !checked) return checked;
    settings.fetch.destination = value.texts[0];
    return {};
}

Result<void> apply_routes(const Value& value, Settings& settings) {
    for (const std::string& rule : value.texts) {
        const auto parts = split_rule(rule);
        if (!parts) return fail(Errc::usage, no_rule(rule));
        if (auto query = email::parse_search(parts->keys); !query) return tl::unexpected(query.error());
        const std::string destination(parts->destination);
        if (auto checked = check_destination(destination); !checked) return checked;
    }
    settings.fetch.routes = value.texts;
    return {};
}

Result<void> check_locations(const Value& value, Settings&) {
    for (const std::string& text : value.texts) {
        if (text == "-") return fail(Errc::usage, "standard input is no source of an account");
        if (text.starts_with('@'))
            return fail(Errc::usage, "an account's location is a URL or a path, no @NAME");
        if (auto checked = check_location(text); !checked) return checked;
    }
    return {};
}

Result<void> apply_server(const Value& value, Settings& settings) {
    const std::string& text = value.texts[0];
    if (auto checked = check_location(text); !checked) return checked;
    settings.send.server = text;
    if (text.starts_with("smtp") || text.starts_with("lmtp:") || text == "mx:") return {};
    return fail(Errc::usage, "is an smtp://, smtps:// or lmtp:// URL, lmtp:PATH or mx:");
}

Result<void> apply_domain(const Value& value, Settings& settings) {
    return put(dns::canonical_name(value.texts[0]), settings.send.domain);
}

// Rows that only store a value.
template <auto Member>
Result<void> client_text(const Value& value, Settings& settings) {
    settings.fetch.client.*Member = value.texts[0];
    return {};
}
template <auto Member>
Result<void> retention_flag(const Value& value, Settings& settings) {
    settings.fetch.retention.*Member = value.flag;
    return {};
}
template <auto Member>
Result<void> selection_texts(const Value& value, Settings& settings) {
    settings.fetch.selection.*Member = value.texts;
    return {};
}

// false changes nothing: it only stands in the way of a `true` from farther away.
template <Seen Which>
Result<void> apply_seen(const Value& value, Settings& settings) {
    if (value.flag) settings.fetch.selection.seen = Which;
    return {};
}

constexpr unsigned kFetchKey = kDefaults | kAccount;
constexpr unsigned kClientKey = kDefaults | kHost | kAccount;

const std::array kKeys{
    Key{"source", ValueKind::locations, kAccount, {}, check_locations},
    Key{"server", ValueKind::location, kAccount | kSend, {"account"}, apply_server},
    Key{"account",
        ValueKind::text,
        kSend,
        {"server"},
        [](const Value& v, Settings& s) { return put(Result<std::string>("@" + v.texts[0]), s.send.server); }},
    Key{"aliases",
        ValueKind::path,
        kSend,
        {},
        [](const Value& v, Settings& s) { return put(Result<std::string>(v.texts[0]), s.send.aliases); }},
    Key{"domain", ValueKind::text, kSend, {}, apply_domain},
    Key{"queue",
        ValueKind::flag,
        kSend,
        {},
        [](const Value& v, Settings& s) { return put(Result<bool>(v.flag), s.send.queue); }},
    Key{"from",
        ValueKind::text,
        kAccount,
        {},
        [](const Value& v, Settings& s) { return put(Result<std::string>(v.texts[0]), s.from); }},
    Key{"to", ValueKind::location, kFetchKey, {}, apply_to},
    Key{"rcpt",
        ValueKind::texts,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) {
            return put(Result<std::vector<std::string>>(v.texts), s.fetch.recipients);
        }},
    Key{"to-tls",
        ValueKind::text,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) { return put(parse_tls(v.texts[0]), s.fetch.destination_tls); }},
    Key{"route", ValueKind::rules, kFetchKey, {}, apply_routes},
    Key{"keep",
        ValueKind::flag,
        kFetchKey,
        {"delete", "delete-after", "delete-removed", "keep-newest", "keep-size"},
        [](const Value&, Settings&) { return Result<void>(); }},
    Key{"delete", ValueKind::flag, kFetchKey, {"keep"}, retention_flag<&Retention::remove>},
    Key{"delete-after",
        ValueKind::text,
        kFetchKey,
        {"keep"},
        [](const Value& v, Settings& s) {
            return put(parse_duration(v.texts[0]), s.fetch.retention.remove_after);
        }},
    Key{"delete-removed", ValueKind::flag, kFetchKey, {"keep"}, retention_flag<&Retention::remove_removed>},
    Key{"keep-newest",
        ValueKind::count,
        kFetchKey,
        {"keep"},
        [](const Value& v, Settings& s) {
            return put(Result<std::uint64_t>(static_cast<std::uint64_t>(v.number)),
                       s.fetch.retention.keep_newest);
        }},
    Key{"keep-size",
        ValueKind::quantity,
        kFetchKey,
        {"keep"},
        [](const Value& v, Settings& s) { return put(parse_size(v.texts[0]), s.fetch.retention.keep_size); }},
    Key{"max-delete",
        ValueKind::quantity,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) {
            return put(parse_delete_limit(v.texts[0]), s.fetch.retention.limit);
        }},
    Key{"seen-only", ValueKind::flag, kFetchKey, {"unseen-only"}, apply_seen<Seen::seen>},
    Key{"unseen-only", ValueKind::flag, kFetchKey, {"seen-only"}, apply_seen<Seen::unseen>},
    Key{"headers-only",
        ValueKind::flag,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) { return put(Result<bool>(v.flag), s.fetch.headers_only); }},
    Key{"max-size",
        ValueKind::quantity,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) { return put(parse_size(v.texts[0]), s.fetch.selection.max_size); }},
    Key{"max-age",
        ValueKind::text,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) { return put(parse_duration(v.texts[0]), s.fetch.selection.max_age); }},
    Key{"search", ValueKind::text, kFetchKey, {}, apply_search},
    Key{"mailboxes", ValueKind::texts, kFetchKey, {}, selection_texts<&Selection::mailboxes>},
    Key{"special-use", ValueKind::texts, kFetchKey, {}, selection_texts<&Selection::special_use>},
    Key{"subscribed",
        ValueKind::flag,
        kFetchKey,
        {},
        [](const Value& v, Settings& s) { return put(Result<bool>(v.flag), s.fetch.selection.subscribed); }},
    Key{"jobs", ValueKind::count, kDefaults, {}, apply_jobs},
    Key{"format", ValueKind::text, kDefaults, {}, apply_format},
    Key{"summary", ValueKind::text, kDefaults, {}, apply_summary},
    Key{"timeout", ValueKind::seconds, kClientKey, {}, apply_timeout},
    Key{"proxy", ValueKind::text, kClientKey, {}, client_text<&ClientOptions::proxy>},
    Key{"tls", ValueKind::text, kClientKey, {}, apply_tls},
    Key{"tls-ca", ValueKind::path, kClientKey, {}, client_text<&ClientOptions::tls_ca>},
    Key{"pin-sha256", ValueKind::texts, kClientKey, {}, apply_pins},
    Key{"tls-cert", ValueKind::path, kClientKey, {}, client_text<&ClientOptions::tls_certificate>},
    Key{"tls-key", ValueKind::path, kClientKey, {}, client_text<&ClientOptions::tls_key>},
    Key{"gssapi",
        ValueKind::flag,
        kClientKey,
        {},
        [](const Value& v, Settings& s) { return put(Result<bool>(v.flag), s.fetch.client.gssapi); }},
    Key{"compress",
        ValueKind::flag,
        kClientKey,
        {},
        [](const Value& v, Settings& s) { return put(Result<bool>(v.flag), s.fetch.client.compress); }},
    Key{"allow-plaintext-auth",
        ValueKind::flag,
        kClientKey,
        {},
        [](const Value& v, Settings& s) {
            return put(Result<bool>(v.flag), s.fetch.client.allow_plaintext_auth);
        }},
    Key{"user", ValueKind::text, kClientKey, {}, apply_user},
    Key{"password-command",
        ValueKind::command,
        kClientKey,
        {"password-file", "token-command"},
        client_text<&ClientOptions::password_command>},
    Key{"password-file",
        ValueKind::path,
        kClientKey,
        {"password-command", "token-command"},
        client_text<&ClientOptions::password_file>},
    Key{"token-command",
        ValueKind::command,
        kClientKey,
        {"password-command", "password-file"},
        client_text<&ClientOptions::token_command>},
    Key{"tunnel", ValueKind::command, kClientKey, {}, client_text<&ClientOptions::tunnel>},
};

}  // namespace

std::span<const Key> keys() {
    return kKeys;
}

const Key* find_key(std::string_view name) {
    const auto found =
        std::find_if(kKeys.begin(), kKeys.end(), [name](const Key& key) { return key.name == name; });
    return found == kKeys.end() ? nullptr : &*found;
}

}  // namespace mailpipe::app::config
