#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/imap/server/session.hpp"

// The one table of what this server can do: a capability that is masked is neither announced nor served.
namespace mailpipe::imap::server {

enum class Phase { before_login, after_login };

// Whether it is in the table and not masked by `options`. Names as announced, without a value: "APPENDLIMIT".
bool offers_capability(const Options& options, std::string_view name);
std::vector<std::string_view> capability_names();  // of the table
// capability-data without "* " (RFC 9051 section 7.2.2): "CAPABILITY IMAP4rev1 ...".
std::string encode_capabilities(const Options& options, Phase phase);
// By "AUTH=NAME".
bool mechanism_masked(const Options& options, std::string_view mechanism);
// LOGIN and AUTHENTICATE are possible now.
bool login_possible(const Options& options);

}  // namespace mailpipe::imap::server
