#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mailpipe/mime/part_tree.hpp"

// The beginning of a message's text, for a list of messages (RFC 8621 section 4.1.4, RFC 8970).
namespace mailpipe::email {

// At most so many characters of a text part's text; white space collapsed, without control characters. UTF-8.
std::string preview_of(std::string_view text, bool html, std::size_t characters);

// The same of the first text part of textBody; "" when there is none. Decodes no more of it than that takes.
std::string make_preview(const mime::PartTree& tree, std::size_t characters);

}  // namespace mailpipe::email
