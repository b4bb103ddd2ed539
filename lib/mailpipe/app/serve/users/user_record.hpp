#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/sasl/scram_keys.hpp"

namespace mailpipe::app::serve {

// A user, and by what he logs in: each of them will do. One who has none of them receives mail and cannot log in.
struct UserRecord {
    std::string name = {};
    Secret password = {};
    std::string hash = {};  // crypt(5)
    std::optional<sasl::ScramKeys> scram_sha1 = {};
    std::optional<sasl::ScramKeys> scram_sha256 = {};

    const std::optional<sasl::ScramKeys>& scram(sasl::ScramHash which) const {
        return which == sasl::ScramHash::sha1 ? scram_sha1 : scram_sha256;
    }
    std::optional<sasl::ScramKeys>& scram(sasl::ScramHash which) {
        return which == sasl::ScramHash::sha1 ? scram_sha1 : scram_sha256;
    }
};

// One path component (threats.md: path traversal by user): 1 to 64 octets without space, control character, "/" or ":",
// and no "." in front.
bool is_user_name(std::string_view name);

// A line of the file of users:
//
//   line   = name ":" secret [":" keys] / name ":" secret ":" passwd      ; "#" in front: a comment
//   secret = hash of crypt(5) / RFC 5803 keys / "*" / "!" and anything   ; the last two: no login
//          / "{" scheme "}" value                                        ; Dovecot's: CRYPT and the crypts by name,
//                                                                        ; PLAIN, SCRAM-SHA-1, SCRAM-SHA-256
//   keys   = RFC 5803 keys *("," RFC 5803 keys)                          ; SCRAM-SHA-256$4096:SALT$STORED:SERVER
//   passwd = uid ":" gid ":" gecos ":" home ":" ...                      ; as in passwd(5), not looked at
//
// Error config, which says what is wrong and never shows the secret.
Result<UserRecord> parse_user_line(std::string_view line);
// Hash and keys; "*" for a hash that is not there.
std::string encode_user_line(const UserRecord& user);

}  // namespace mailpipe::app::serve
