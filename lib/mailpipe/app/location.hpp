#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

enum class Scheme { maildir, mbox, message_file, stdio, imap, imaps, pop3, pop3s, smtp, smtps, lmtp };

// What a location or a ref names (mail-json(5), section LOCATIONS; RFC 5092, RFC 2384).
struct Location {
    Scheme scheme = Scheme::stdio;
    std::string path;  // stores: file system path; lmtp: socket path, or empty
    std::string user;  // decoded; may be empty
    std::string host;  // without the brackets of an IPv6 address
    std::uint16_t port = 0;  // the scheme's default when none was given
    std::string mailbox;     // imap: decoded, INBOX when none was given

    // Of a ref; absent in a location.
    std::optional<std::uint32_t> uid_validity;
    std::optional<std::uint32_t> uid;
    std::optional<std::string> uidl;
    std::optional<std::string> id;             // maildir
    std::optional<std::uint64_t> mbox_offset;  // mbox

    bool is_remote() const { return scheme >= Scheme::imap; }
    bool is_ref() const { return uid || uidl || id || mbox_offset; }
    bool implicit_tls() const {
        return scheme == Scheme::imaps || scheme == Scheme::pop3s || scheme == Scheme::smtps;
    }
};

// Errors: usage, with what is wrong; a password in the URL is refused without being printed. A bare path is
// judged by what is there: Maildir, mbox, one message, else not_found.
Result<Location> parse_location(std::string_view text);

// The canonical spelling, percent-encoded; a default port is left out. parse_location(encode(l)) == l.
std::string encode(const Location& location);

// The location of the mailbox that a ref points into.
Location container(const Location& ref);

}  // namespace mailpipe::app
