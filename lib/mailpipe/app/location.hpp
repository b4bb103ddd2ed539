#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

enum class Scheme { maildir, mbox, message_file, stdio, pipe, mx, imap, imaps, pop3, pop3s, smtp, smtps, lmtp };

// What a location or a ref names (mail-json(5), section LOCATIONS; RFC 5092, RFC 2384).
struct Location {
    Scheme scheme = Scheme::stdio;
    std::string path;        // stores: file system path; lmtp: socket path, or empty; pipe: the command
    std::string user;        // decoded; may be empty
    std::string host;        // without the brackets of an IPv6 address
    std::uint16_t port = 0;  // the scheme's default when none was given
    std::string mailbox;     // imap: decoded, INBOX when none was given; maildir: what a folder is called
    std::string account;     // whose settings hold (app/config); empty: none was named; encode() leaves it out

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
    bool operator==(const Location&) const = default;
};

// "imaps", "maildir", ... "lmtp", "mx"; "" for a message file and stdio.
std::string_view scheme_name(Scheme scheme);
// 143, 993, 110, 995, 25, 465; 0 where there is none (lmtp and stores).
std::uint16_t default_port(Scheme scheme);

// "@NAME" is not among them (app/config/accounts.hpp). Errors: usage, with what is wrong (the text itself is not repeated); a password in the URL is refused without
// being printed. A bare path is taken literally and judged by what is there: Maildir, mbox, one message, a
// pipe, else not_found; behind "maildir:", "mbox:" and "lmtp:" a path is percent-decoded. Paths of stores
// become absolute, so that a ref and a state file mean the same everywhere. No control character gets through,
// except in `id`, which may hold all but "/" and NUL. smtp:// means port 25; write smtp://HOST:587 for
// submission; lmtp:// needs a port; port 0 is kept, for listening. pop:// is pop3:// (RFC 2384). What follows
// "pipe:" is a command of the shell, taken literally. "mx:" alone is the mail hosts of each recipient's domain.
Result<Location> parse_location(std::string_view text);

// The canonical spelling, percent-encoded; a default port is left out. parse_location(encode(l)) == l,
// but for the account.
std::string encode(const Location& location);
// What that ends with for a message in a Maildir or an mbox, after its container; `id` is a store::Entry::id.
std::string ref_suffix(Scheme scheme, std::string_view id);

// The location of the mailbox that a ref points into, without its UIDVALIDITY.
Location container(const Location& ref);

// For a ref whose message is not there; `why` follows the words.
Error no_such_message(std::string_view why = {});

// A location as it was typed, for an error message: a password in it is replaced by "***".
std::string without_password(std::string_view text);

}  // namespace mailpipe::app
