#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// maildir: and mbox: destinations that are different for each source. In their path stand for
//
//     %m    the mailbox: the folder of a Maildir (Maildir++), none for INBOX; the name of an mbox
//     %u    the user of the source
//     %h    its host
//     %n    the name of its account
//
// No letter is a hexadecimal digit, so that all else is percent-encoded as ever. What a server says becomes at most one
// component of a path, and never "." or "..": each level of a mailbox's name is in modified UTF-7, as all programs have it
// that read Maildir++; "/", "\" and "." in a level, and what is not printable, are "\" and two hexadecimal digits, as
// Dovecot's listescape has them; a level of no characters is "\00". A component of more than kLongestComponent
// octets ends in "-" and the beginning of its SHA-256.
namespace mailpipe::app {

struct TemplateValues {
    std::string mailbox = "INBOX";
    std::string delimiter = "/";  // of levels in `mailbox`; empty: there are none
    std::string user = "user";
    std::string host = "host";
    std::string account = "account";  // empty: the source is none of an account
};

bool has_template(std::string_view destination);
// Whether %m is among them.
bool names_mailbox(std::string_view destination);

struct ExpandedDestination {
    std::string text;  // to be parsed as a location
    std::string root;  // location of the Maildir whose folder that is; empty: it is none
};
// Errors: usage for %n without an account.
Result<ExpandedDestination> expand_destination(std::string_view destination, const TemplateValues& values);

// What stands for %m.
std::string folder_of_mailbox(std::string_view mailbox, std::string_view delimiter);

inline constexpr std::size_t kLongestComponent = 200;

}  // namespace mailpipe::app
