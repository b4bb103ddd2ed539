#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::dns {

// A host or domain name as text: labels of 1 to 63 letters, digits, "-" and "_", 253 octets at most, ASCII, one dot may
// stand at the end. Lower case without that dot. Errors: data. What else DNS can hold would be escaped, and no mail
// goes to such a name.
Result<std::string> canonical_name(std::string_view text);

// Whether `name` is `domain` or below it; both canonical. ".example.org" is what is below example.org only, "*" all.
bool matches_domain(std::string_view name, std::string_view pattern);

// domain-name of RFC 1035 section 3.1 at the start of `octets`, which lose it; canonical, "." for the root. No
// compression: the resolver has resolved it. Errors: data, also for labels that canonical_name() refuses.
Result<std::string> take_wire_name(std::string_view& octets);

}  // namespace mailpipe::dns
