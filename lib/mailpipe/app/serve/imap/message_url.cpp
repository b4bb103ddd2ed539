#include "mailpipe/app/serve/imap/message_url.hpp"

#include <charconv>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/imap/server/message_data.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app::serve {
namespace {

using imap::server::Section;

Fail malformed(std::string_view what) {
    return fail(Errc::usage, "URL: " + std::string(what) + " is expected");
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

// Cuts off what begins with the last `mark`, in any case.
std::optional<std::string> cut_off(std::string_view& text, std::string_view mark) {
    const std::string lower = ascii::to_lower(text);
    const std::size_t at = lower.rfind(ascii::to_lower(mark));
    if (at == std::string::npos) return std::nullopt;
    std::string value(text.substr(at + mark.size()));
    text = text.substr(0, at);
    return value;
}

bool parse_section(std::string_view text, Section& section) {
    while (!text.empty() && ascii::is_digit(text.front())) {
        const std::size_t dot = std::min(text.find('.'), text.size());
        std::uint32_t part = 0;
        if (!read_number(text.substr(0, dot), part) || part == 0) return false;
        section.part.push_back(part);
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    const std::string word = ascii::to_upper(text);
    if (word == "HEADER") section.text = Section::Text::header;
    if (word == "TEXT") section.text = Section::Text::text;
    if (word == "MIME") section.text = Section::Text::mime;
    return word.empty() ? !section.part.empty() : section.text != Section::Text::whole;
}

Result<void> read_partial(const std::string& text, MessageUrl& url) {
    const std::size_t dot = text.find('.');
    std::uint64_t offset = 0, size = UINT64_MAX;
    if (!read_number(std::string_view(text).substr(0, dot), offset)) return malformed(";PARTIAL=OFFSET.SIZE");
    if (dot != std::string::npos && !read_number(std::string_view(text).substr(dot + 1), size))
        return malformed(";PARTIAL=OFFSET.SIZE");
    url.partial = std::pair(offset, size);
    return {};
}

Result<void> read_authority(std::string_view text, MessageUrl& url) {
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        auto user = decode_percent(text.substr(0, std::min(text.find(";AUTH="), at)));
        if (!user) return malformed("a user name");
        url.user = std::move(*user);
        text.remove_prefix(at + 1);
    }
    url.host = std::string(text);
    return url.host.empty() ? Result<void>(malformed("a host")) : Result<void>{};
}

Result<void> read_access(std::string_view whole, std::string_view& rest, MessageUrl& url) {
    const auto access = cut_off(rest, ";URLAUTH=");
    if (!access) return {};
    const std::size_t colon = access->find(':');
    url.access = access->substr(0, colon);
    url.rump = whole.substr(0, rest.size() + std::string_view(";URLAUTH=").size() + url.access.size());
    if (colon != std::string::npos) {
        const std::size_t second = access->find(':', colon + 1);
        if (second == std::string::npos) return malformed("a token of URLAUTH");
        url.mechanism = access->substr(colon + 1, second - colon - 1);
        url.token = ascii::to_lower(access->substr(second + 1));
    }
    if (const auto expires = cut_off(rest, ";EXPIRE=")) {
        const auto time = mime::parse_rfc3339(*expires);
        if (!time) return malformed("a date of RFC 3339 in EXPIRE");
        url.expires = mime::epoch_seconds(*time);
    }
    return {};
}

}  // namespace

Result<MessageUrl> parse_message_url(std::string_view text) {
    MessageUrl url;
    std::string_view rest = text;
    if (auto read = read_access(text, rest, url); !read) return tl::unexpected(read.error());
    constexpr std::string_view kScheme = "imap://";
    if (rest.size() > kScheme.size() && ascii::equals_ignore_case(rest.substr(0, kScheme.size()), kScheme)) {
        rest.remove_prefix(kScheme.size());
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        if (auto read = read_authority(rest.substr(0, slash), url); !read) return tl::unexpected(read.error());
        rest.remove_prefix(slash);
    }
    if (!rest.starts_with('/')) return malformed("/MAILBOX");
    rest.remove_prefix(1);
    if (const auto partial = cut_off(rest, "/;PARTIAL=")) {
        if (auto read = read_partial(*partial, url); !read) return tl::unexpected(read.error());
    }
    if (const auto section = cut_off(rest, "/;SECTION=")) {
        const auto decoded = decode_percent(*section);
        if (!decoded || !parse_section(*decoded, url.section)) return malformed("a section");
    }
    const auto uid = cut_off(rest, "/;UID=");
    if (!uid || !read_number(*uid, url.uid) || url.uid == 0) return malformed("/;UID=NUMBER");
    if (const auto validity = cut_off(rest, ";UIDVALIDITY=")) {
        url.uid_validity.emplace();
        if (!read_number(*validity, *url.uid_validity)) return malformed(";UIDVALIDITY=NUMBER");
    }
    auto mailbox = decode_percent(rest);
    if (!mailbox || mailbox->empty()) return malformed("a mailbox");
    url.mailbox = std::move(*mailbox);
    if (ascii::equals_ignore_case(url.mailbox, "INBOX")) url.mailbox = "INBOX";
    return url;
}

Result<std::string> read_message_url(index::Mailbox& mailbox, const MessageUrl& url) {
    if (url.uid_validity && *url.uid_validity != mailbox.snapshot()->uid_validity())
        return fail(Errc::not_found, "the UIDVALIDITY is another");
    auto text = mailbox.text(url.uid);
    if (!text) return text;
    const auto tree = mime::parse_parts(*text);
    std::string storage;
    const auto octets = imap::server::find_section(tree, url.section, storage);
    if (!octets) return fail(Errc::not_found, "there is no such part");
    if (!url.partial) return std::string(*octets);
    const auto& [offset, size] = *url.partial;
    return std::string(offset >= octets->size() ? std::string_view() : octets->substr(offset, size));
}

}  // namespace mailpipe::app::serve
