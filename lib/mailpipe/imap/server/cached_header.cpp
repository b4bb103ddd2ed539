#include "mailpipe/imap/server/cached_header.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::imap::server {
namespace {

// What Thunderbird, mutt, Roundcube, alpine, Apple Mail, K-9 ask for; sorted. Neither Received, which is long, nor
// signatures.
constexpr auto kFields = std::to_array<std::string_view>({"bcc",
                                                          "cc",
                                                          "content-description",
                                                          "content-disposition",
                                                          "content-transfer-encoding",
                                                          "content-type",
                                                          "date",
                                                          "delivered-to",
                                                          "disposition-notification-to",
                                                          "errors-to",
                                                          "followup-to",
                                                          "from",
                                                          "importance",
                                                          "in-reply-to",
                                                          "lines",
                                                          "list-archive",
                                                          "list-help",
                                                          "list-id",
                                                          "list-owner",
                                                          "list-post",
                                                          "list-subscribe",
                                                          "list-unsubscribe",
                                                          "list-unsubscribe-post",
                                                          "mail-followup-to",
                                                          "mail-reply-to",
                                                          "message-id",
                                                          "mime-version",
                                                          "newsgroups",
                                                          "organization",
                                                          "precedence",
                                                          "priority",
                                                          "references",
                                                          "reply-to",
                                                          "resent-date",
                                                          "resent-from",
                                                          "resent-to",
                                                          "return-path",
                                                          "return-receipt-to",
                                                          "sender",
                                                          "status",
                                                          "subject",
                                                          "to",
                                                          "user-agent",
                                                          "x-draft-info",
                                                          "x-forwarded-message-id",
                                                          "x-label",
                                                          "x-mailer",
                                                          "x-mozilla-draft-info",
                                                          "x-mozilla-status",
                                                          "x-original-to",
                                                          "x-priority",
                                                          "x-spam-flag",
                                                          "x-spam-level",
                                                          "x-spam-status",
                                                          "x-status",
                                                          "x-uniform-type-identifier",
                                                          "x-universally-unique-identifier"});
static_assert(std::is_sorted(kFields.begin(), kFields.end()));

constexpr std::size_t kLongest = 31;
static_assert(std::all_of(kFields.begin(), kFields.end(),
                          [](std::string_view name) { return name.size() <= kLongest; }));

}  // namespace

bool is_cached_field(std::string_view name) {
    if (name.size() > kLongest) return false;
    std::array<char, kLongest> lower{};
    std::transform(name.begin(), name.end(), lower.begin(), ascii::lower);
    return std::binary_search(kFields.begin(), kFields.end(), std::string_view(lower.data(), name.size()));
}

bool are_cached_fields(const std::vector<std::string>& names) {
    return std::all_of(names.begin(), names.end(), is_cached_field);
}

// What cached_header() wrote is a field name at the beginning of each line that does not begin with white space: no parser is
// needed for the command that clients send most.
std::string select_cached(std::string_view cached, const std::vector<std::string>& names) {
    std::string out;
    bool wanted = false;
    while (!cached.empty() && cached != "\r\n") {
        const std::size_t end = cached.find('\n');
        const std::string_view line = cached.substr(0, end == std::string_view::npos ? end : end + 1);
        if (line.front() != ' ' && line.front() != '\t') {
            const std::string_view name = ascii::trim(line.substr(0, line.find(':')));
            wanted = std::any_of(names.begin(), names.end(),
                                 [&](const std::string& one) { return ascii::equals_ignore_case(one, name); });
        }
        if (wanted) out += line;
        cached.remove_prefix(line.size());
    }
    return out += "\r\n";
}

std::string cached_header(std::string_view header) {
    std::string out;
    for (const mime::Field& field : mime::parse_header(header).fields) {
        if (!is_cached_field(field.name)) continue;
        out += header.substr(field.offset, field.length);
        if (!out.ends_with('\n')) out += "\r\n";
    }
    return out + "\r\n";
}

}  // namespace mailpipe::imap::server
