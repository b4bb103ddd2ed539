#include "mailpipe/app/location.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

struct SchemeRow {
    std::string_view name;
    Scheme scheme;
    std::uint16_t port;
};
constexpr std::array kSchemes{
    SchemeRow{"maildir", Scheme::maildir, 0}, SchemeRow{"mbox", Scheme::mbox, 0},
    SchemeRow{"imap", Scheme::imap, 143},     SchemeRow{"imaps", Scheme::imaps, 993},
    SchemeRow{"pop3", Scheme::pop3, 110},     SchemeRow{"pop3s", Scheme::pop3s, 995},
    SchemeRow{"smtp", Scheme::smtp, 25},      SchemeRow{"smtps", Scheme::smtps, 465},
    SchemeRow{"lmtp", Scheme::lmtp, 0},       SchemeRow{"pop", Scheme::pop3, 110},
    SchemeRow{"pipe", Scheme::pipe, 0},       SchemeRow{"mx", Scheme::mx, 0},
};

constexpr std::string_view kKnownSchemes =
    "maildir:PATH, mbox:PATH, imap://, imaps://, pop3://, pop3s://, smtp://, smtps://, lmtp:";

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), ascii::is_control);
}

// What goes to a server: a percent escape must not smuggle a line end into a command.
Result<std::string> decode_word(std::string_view text, std::string_view what) {
    auto decoded = decode_percent(text);
    if (!decoded) {
        return fail(Errc::usage, "the " + std::string(what) +
                                     " has a '%' without two hexadecimal digits; write %25 for a percent sign");
    }
    if (has_control(*decoded)) {
        return fail(Errc::usage, "the " + std::string(what) + " contains a control character");
    }
    return std::move(*decoded);
}

Result<std::uint32_t> parse_nonzero(std::string_view digits, std::string_view name) {
    const auto number = ascii::parse_number(digits);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::usage, std::string(name) + " is not a number from 1 to 4294967295");
    }
    return static_cast<std::uint32_t>(*number);
}

// Splits off the last ";NAME=" parameter; nullopt, and `text` as it was, when there is none.
std::optional<std::string_view> take_parameter(std::string_view& text, std::string_view name) {
    const std::size_t at = text.rfind(';');
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view parameter = text.substr(at + 1);
    if (!ascii::starts_with_ignore_case(parameter, name) || parameter.size() <= name.size() ||
        parameter[name.size()] != '=') {
        return std::nullopt;
    }
    text = text.substr(0, at);
    return parameter.substr(name.size() + 1);
}

std::string absolute_path(const std::string& path) {
    std::string absolute = path;
    if (!path.starts_with('/')) {
        std::error_code ignored;
        absolute = std::filesystem::absolute(path, ignored).string();
        if (absolute.empty()) absolute = path;
    }
    while (absolute.size() > 1 && absolute.back() == '/')
        absolute.pop_back();
    return absolute;
}

// store = ("maildir:" path [";ID=" name]) / ("mbox:" path [";OFFSET=" 1*DIGIT])
Result<Location> parse_store(Scheme scheme, std::string_view rest) {
    Location location;
    location.scheme = scheme;
    if (scheme == Scheme::maildir) {
        if (const auto id = take_parameter(rest, "ID")) {
            auto decoded = decode_percent(*id);
            if (!decoded) return fail(Errc::usage, "ID has a '%' without two hexadecimal digits");
            // It becomes a file name below the Maildir.
            if (decoded->empty() || *decoded == "." || *decoded == ".." ||
                decoded->find('/') != std::string::npos || decoded->find('\0') != std::string::npos) {
                return fail(Errc::usage, "ID is not the name of a message file");
            }
            location.id = std::move(*decoded);
        }
    } else if (const auto offset = take_parameter(rest, "OFFSET")) {
        location.mbox_offset = ascii::parse_number(*offset);
        if (!location.mbox_offset) return fail(Errc::usage, "OFFSET is not a number");
    }
    auto path = decode_word(rest, "path");
    if (!path) return tl::unexpected(path.error());
    if (path->empty()) return fail(Errc::usage, "the path is missing");
    location.path = absolute_path(*path);
    return location;
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.front() == '-' || host.front() == '.' || host.size() > 255 || !is_utf8(host)) {
        return false;
    }
    if (host == "*") return true;  // mail-serve: all addresses
    return std::all_of(host.begin(), host.end(), [](char c) {
        return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    });
}

// IPv6address of RFC 3986 in its characters, with an RFC 6874 zone; the resolver judges the rest.
bool is_ipv6_literal(std::string_view host) {
    const std::size_t zone = host.find('%');
    const std::string_view address = host.substr(0, zone);
    if (address.size() < 2 || std::count(address.begin(), address.end(), ':') < 2) return false;
    const bool hexadecimal = std::all_of(address.begin(), address.end(), [](char c) {
        return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f') || c == ':' || c == '.';
    });
    if (zone == std::string_view::npos) return hexadecimal;
    return hexadecimal && is_host_name(host.substr(zone + 1));
}

// host = "[" IPv6address ["%25" zone] "]" / name;  port = 1*5DIGIT. What stands there is not repeated in an
// error: it can be a piece of a password that holds a "/".
Result<void> parse_host(std::string_view text, Location& location) {
    std::string_view port;
    bool has_port = false;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return fail(Errc::usage, "the host has a '[' without a ']'");
        const auto host = decode_percent(text.substr(1, end - 1));
        if (!host || !is_ipv6_literal(*host)) return fail(Errc::usage, "what stands in [] is no IPv6 address");
        location.host = ascii::to_lower(*host);
        text.remove_prefix(end + 1);
        has_port = !text.empty();
        if (has_port && text.front() != ':') return fail(Errc::usage, "behind ']' only a port may follow");
        if (has_port) port = text.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port) port = text.substr(colon + 1);
        if (text.substr(0, colon).empty()) return fail(Errc::usage, "the host is missing");
        if (!is_host_name(text.substr(0, colon))) {
            return fail(Errc::usage, "the host is no name and no address; an IPv6 address stands in []");
        }
        location.host = ascii::to_lower(text.substr(0, colon));
    }
    if (!has_port) {
        location.port = default_port(location.scheme);
        if (location.port == 0) return fail(Errc::usage, "the port is missing; lmtp:// has no default port");
        return {};
    }
    const auto number = ascii::parse_number(port);
    if (!number || *number > 65535) return fail(Errc::usage, "the port is not a number from 0 to 65535");
    location.port = static_cast<std::uint16_t>(*number);
    return {};
}

// iuserinfo = enc-user [";AUTH=*"]  (RFC 5092 section 3; a password is an error)
Result<void> parse_userinfo(std::string_view text, Location& location) {
    if (text.find(':') != std::string_view::npos) {
        return fail(Errc::usage,
                    "a password in a URL is refused, since others can see it; use --password-command, "
                    "--password-file, $MAILPIPE_PASSWORD or ~/.netrc");
    }
    if (const auto mechanism = take_parameter(text, "AUTH"); mechanism && *mechanism != "*") {
        return fail(Errc::usage, "AUTH= in a URL is not supported; leave it out");
    }
    auto user = decode_word(text, "user name");
    if (!user) return tl::unexpected(user.error());
    if (user->empty()) return fail(Errc::usage, "the user name before '@' is missing");
    if (!is_utf8(*user)) return fail(Errc::usage, "the user name is not UTF-8");
    location.user = std::move(*user);
    return {};
}

// ipath = "/" [enc-mailbox [";UIDVALIDITY=" nz-number] ["/;UID=" nz-number]]  (RFC 5092 section 11)
Result<void> parse_imap_path(std::string_view path, Location& location) {
    if (path.find('?') != std::string_view::npos) {
        return fail(Errc::usage, "a search in the URL is not supported; write %3F for a question mark");
    }
    if (const auto digits = take_parameter(path, "UID")) {
        auto uid = parse_nonzero(*digits, "UID");
        if (!uid) return tl::unexpected(uid.error());
        if (path.empty() || path.back() != '/') return fail(Errc::usage, "';UID=' stands behind a '/'");
        location.uid = *uid;
        path.remove_suffix(1);
    }
    if (const auto digits = take_parameter(path, "UIDVALIDITY")) {
        auto validity = parse_nonzero(*digits, "UIDVALIDITY");
        if (!validity) return tl::unexpected(validity.error());
        location.uid_validity = *validity;
    }
    if (path.find(';') != std::string_view::npos) {
        return fail(Errc::usage,
                    "only ;UIDVALIDITY= and /;UID= may follow a mailbox; write %3B for a semicolon");
    }
    if (!path.empty() && path.back() == '/') path.remove_suffix(1);
    auto mailbox = decode_word(path, "mailbox");
    if (!mailbox) return tl::unexpected(mailbox.error());
    if (!is_utf8(*mailbox)) return fail(Errc::usage, "the mailbox is not UTF-8");
    if (mailbox->empty() && location.is_ref())
        return fail(Errc::usage, "the mailbox before ';UID=' is missing");
    const bool inbox = mailbox->empty() || ascii::equals_ignore_case(*mailbox, "INBOX");
    location.mailbox = inbox ? "INBOX" : std::move(*mailbox);
    return {};
}

// ppath = ["/" [";UIDL=" enc-uidl]]
Result<void> parse_pop_path(std::string_view path, Location& location) {
    if (const auto uidl = take_parameter(path, "UIDL")) {
        auto decoded = decode_word(*uidl, "UIDL");
        if (!decoded) return tl::unexpected(decoded.error());
        if (decoded->empty()) return fail(Errc::usage, "UIDL is empty");
        if (decoded->size() > limits::kUidlAccepted) {
            return fail(Errc::usage, "UIDL is longer than kUidlAccepted (1024 octets)");
        }
        location.uidl = std::move(*decoded);
    }
    if (!path.empty()) return fail(Errc::usage, "a POP3 URL has no path; a message is written /;UIDL=...");
    return {};
}

Result<Location> parse_url(Scheme scheme, std::string_view rest) {
    Location location;
    location.scheme = scheme;
    const std::size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    const std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        if (auto parsed = parse_userinfo(authority.substr(0, at), location); !parsed) {
            return tl::unexpected(parsed.error());
        }
        authority.remove_prefix(at + 1);
    }
    if (auto parsed = parse_host(authority, location); !parsed) return tl::unexpected(parsed.error());
    Result<void> parsed;
    if (scheme == Scheme::imap || scheme == Scheme::imaps) {
        parsed = parse_imap_path(path, location);
    } else if (scheme == Scheme::pop3 || scheme == Scheme::pop3s) {
        parsed = parse_pop_path(path, location);
    } else if (!path.empty()) {
        parsed = fail(Errc::usage, "nothing may follow the host and port");
    }
    if (!parsed) return tl::unexpected(parsed.error());
    return location;
}

Result<Location> parse_pipe(std::string_view command) {
    if (command.find_first_not_of(' ') == std::string_view::npos)
        return fail(Errc::usage, "the command behind pipe: is missing");
    Location location;
    location.scheme = Scheme::pipe;
    location.path = command;
    return location;
}

Result<Location> parse_mx(std::string_view rest) {
    if (!rest.empty())
        return fail(Errc::usage, "nothing follows mx:, which means the mail hosts of each domain");
    Location location;
    location.scheme = Scheme::mx;
    return location;
}

Result<Location> parse_bare_path(const std::string& path) {
    Location location;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            const bool looks_like_url = path.find(':') != std::string::npos;
            return fail(
                Errc::not_found,
                "no such file or directory" +
                    (looks_like_url ? "; a location is " + std::string(kKnownSchemes) + " or a path" : ""));
        }
        return fail_errno(errno, "cannot look at it");
    }
    location.path = absolute_path(path);
    // A pipe such as /dev/fd/63 cannot be looked into twice; its reader tells the formats apart.
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        location.scheme = Scheme::message_file;
        return location;
    }
    switch (store::detect(location.path)) {
        case store::Kind::maildir:
            location.scheme = Scheme::maildir;
            return location;
        case store::Kind::mbox:
            location.scheme = Scheme::mbox;
            return location;
        case store::Kind::message:
            location.scheme = Scheme::message_file;
            return location;
        case store::Kind::nothing:
            break;
    }
    return fail(Errc::not_found, "neither a Maildir (cur, new, tmp), an mbox nor a message");
}

std::string encode_remote(const Location& location) {
    std::string text = std::string(scheme_name(location.scheme)) + "://";
    if (!location.user.empty()) text += encode_percent(location.user) + "@";
    if (location.host.find(':') != std::string::npos) {
        const std::size_t zone = location.host.find('%');
        text += "[" + location.host.substr(0, zone);
        if (zone != std::string::npos) text += "%25" + location.host.substr(zone + 1);
        text += "]";
    } else {
        text += location.host;
    }
    if (location.port != default_port(location.scheme) || location.scheme == Scheme::lmtp) {
        text += ":" + std::to_string(location.port);
    }
    if (location.scheme == Scheme::imap || location.scheme == Scheme::imaps) {
        std::string mailbox = encode_percent(location.mailbox, "/=+,");
        if (!mailbox.empty() && mailbox.back() == '/') mailbox.replace(mailbox.size() - 1, 1, "%2F");
        text += "/" + mailbox;
        if (location.uid_validity) text += ";UIDVALIDITY=" + std::to_string(*location.uid_validity);
        if (location.uid) text += "/;UID=" + std::to_string(*location.uid);
    } else if (location.uidl) {
        text += "/;UIDL=" + encode_percent(*location.uidl, "=+,");
    }
    return text;
}

}  // namespace

std::string_view scheme_name(Scheme scheme) {
    for (const SchemeRow& row : kSchemes) {
        if (row.scheme == scheme) return row.name;
    }
    return "";
}

std::uint16_t default_port(Scheme scheme) {
    for (const SchemeRow& row : kSchemes) {
        if (row.scheme == scheme) return row.port;
    }
    return 0;
}

Result<Location> parse_location(std::string_view text) {
    if (text.empty()) return fail(Errc::usage, "a location is empty");
    if (text == "-") return Location{};
    if (has_control(text)) return fail(Errc::usage, "a location contains a control character");
    if (text.front() == '@') {
        return fail(Errc::usage, "an account (@NAME) cannot stand here; write a URL, or ./@NAME for a file");
    }
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    for (const SchemeRow& row : kSchemes) {
        if (!ascii::equals_ignore_case(name, row.name)) continue;
        const std::string_view rest = text.substr(colon + 1);
        if (row.scheme == Scheme::maildir || row.scheme == Scheme::mbox) return parse_store(row.scheme, rest);
        if (row.scheme == Scheme::pipe) return parse_pipe(rest);
        if (row.scheme == Scheme::mx) return parse_mx(rest);
        if (rest.starts_with("//")) return parse_url(row.scheme, rest.substr(2));
        if (row.scheme != Scheme::lmtp) {
            return fail(Errc::usage, "write " + std::string(row.name) + "://HOST, or ./ before a file name");
        }
        auto path = decode_word(rest, "path");
        if (!path) return tl::unexpected(path.error());
        if (path->empty()) return fail(Errc::usage, "the socket's path is missing");
        Location location;
        location.scheme = Scheme::lmtp;
        location.path = std::move(*path);
        return location;
    }
    if (text.find("://") != std::string_view::npos) {
        return fail(Errc::usage, "unknown scheme; a location is " + std::string(kKnownSchemes) + " or a path");
    }
    return parse_bare_path(std::string(text));
}

std::string encode(const Location& location) {
    switch (location.scheme) {
        case Scheme::stdio:
            return "-";
        case Scheme::message_file:
            return location.path;
        case Scheme::pipe:
            return "pipe:" + location.path;
        case Scheme::mx:
            return "mx:";
        case Scheme::maildir:
        case Scheme::mbox: {
            std::string text =
                std::string(scheme_name(location.scheme)) + ":" + encode_percent(location.path, "/=+,@:");
            if (location.id) text += ref_suffix(Scheme::maildir, *location.id);
            if (location.mbox_offset) text += ref_suffix(Scheme::mbox, std::to_string(*location.mbox_offset));
            return text;
        }
        case Scheme::lmtp:
            if (!location.path.empty()) return "lmtp:" + encode_percent(location.path, "/=+,@:");
            return encode_remote(location);
        default:
            return encode_remote(location);
    }
}

std::string ref_suffix(Scheme scheme, std::string_view id) {
    std::string suffix = scheme == Scheme::maildir ? ";ID=" : ";OFFSET=";
    suffix += scheme == Scheme::maildir ? encode_percent(id, "=+,") : std::string(id);
    return suffix;
}

Location container(const Location& ref) {
    Location location = ref;
    location.uid_validity.reset();
    location.uid.reset();
    location.uidl.reset();
    location.id.reset();
    location.mbox_offset.reset();
    return location;
}

Error no_such_message(std::string_view why) {
    return {Errc::not_found, "no such message" + std::string(why), std::nullopt};
}

std::string without_password(std::string_view text) {
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return std::string(text);
    const std::size_t start = scheme_end + 3;
    const std::size_t colon = text.find(':', start);
    const std::size_t at = text.rfind('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return std::string(text);
    // HOST:PORT/... with an "@" in the path only is no password.
    const std::size_t slash = std::min(text.find('/', colon), text.size());
    const std::string_view port = text.substr(colon + 1, slash - colon - 1);
    const bool is_port = slash < at && port.size() <= 5 && ascii::parse_number(port).has_value();
    if (is_port) return std::string(text);
    return std::string(text.substr(0, colon + 1)) + "***" + std::string(text.substr(at));
}

}  // namespace mailpipe::app
