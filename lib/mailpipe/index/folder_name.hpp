#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

// Names of mailboxes and their directories in a Maildir++, as Dovecot has them by default: ".A.B" with the levels in
// modified UTF-7.
namespace mailpipe::index {

inline constexpr std::size_t kMailboxName = 1000;  // octets
inline constexpr std::size_t kMailboxLevels = 100;

// "INBOX" in any case is "INBOX", at the first level as well.
std::string normal_name(std::string_view name);

// Empty for INBOX. Error usage: an empty level, "." in a level, control characters, no UTF-8, too long for kMailboxName,
// kMailboxLevels or a file system.
Result<std::string> directory_of(std::string_view name);
// nullopt for a directory that is none of a mailbox. What is no modified UTF-7 is taken for UTF-8.
std::optional<std::string> name_of(std::string_view directory);
// The other way to spell the directory of a name: in UTF-8.
std::string utf8_directory_of(std::string_view name);

// The names in a `subscriptions` file of Dovecot (both versions), or in Courier's courierimapsubscribed.
std::vector<std::string> parse_dovecot_subscriptions(std::string_view text);
std::vector<std::string> parse_courier_subscriptions(std::string_view text);

}  // namespace mailpipe::index
