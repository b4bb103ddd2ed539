#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// What mail-show prints of one message. Text in, text out; lines end with LF.
namespace mailpipe::app {

// The main header fields decoded, the text (HTML as text when there is nothing else) and the list of
// attachments. Text of the message in it is UTF-8, but not stripped of control characters.
std::string text_view(std::string_view message);

// Every field decoded and unfolded, each on one line whatever it holds.
std::string header_view(std::string_view header);

// The decoded octets of the part of that number: exact for base64 and binary; where lines are lines of the
// message, they end with LF as they do in a Maildir. Errors: not_found, naming the parts that there are.
Result<std::string> part_octets(std::string_view message, std::string_view number);

// part = 1*DIGIT *("." 1*DIGIT), no zero in front (RFC 9051 section 9, section-part)
bool is_part_number(std::string_view text);

}  // namespace mailpipe::app
