#pragma once

#include <optional>
#include <string>
#include <string_view>

// What ENVID and ORCPT carry. Internal to smtp/.
namespace mailpipe::smtp {

// xtext (RFC 3461 section 4): everything but printable ASCII without "+", "=" and space becomes +XX.
std::string encode_xtext(std::string_view text);

// The value of ORCPT for "rfc822;alice@example.org". An address that is not ASCII gets the type utf-8, whatever its type
// was, in the form that 7-bit servers take (RFC 6533 section 3, utf-8-addr-xtext). `original` has a ";".
std::string encode_original_recipient(std::string_view original);

// The other way; nullopt for what is none. Control characters stay away from whatever it is written into: they are refused.
std::optional<std::string> decode_xtext(std::string_view text);
// Also of the form with UTF-8 as it is (RFC 6533 section 3, utf-8-address).
std::optional<std::string> decode_original_recipient(std::string_view value);

}  // namespace mailpipe::smtp
