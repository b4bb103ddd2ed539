#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Character references of HTML (sections 13.2.5.72 to 13.2.5.80 of the standard).
namespace mailpipe::email {

// Of the reference that begins with the "&" at the start of `text`: appends what it stands for, as UTF-8, and returns
// its octets; 0 when there is none, and "&" stands for itself. In an attribute a name without a semicolon is none when
// "=" or a letter or digit follows: "?a=1&copy=2".
std::size_t append_html_reference(std::string_view text, bool in_attribute, std::string& out);

std::string decode_html_references(std::string_view text, bool in_attribute);

}  // namespace mailpipe::email
