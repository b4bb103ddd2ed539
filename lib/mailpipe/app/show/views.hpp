#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/show/layout.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/mime/part_tree.hpp"

// What mail-show prints of one message. Lines end with LF, and are terminal_text(): what is for people does no harm on
// their terminals, through whatever pipe it gets there; the octets are --part's and --raw's.
namespace mailpipe::app {

// The header fields of these names (none: main_field_names()) decoded, the text (HTML as text when there is nothing
// else) and the list of attachments.
std::string text_view(std::string_view message, const Look& look, const std::vector<std::string>& fields = {});

// Every field decoded and unfolded, each on one line whatever it holds, unless it is wrapped.
std::string header_view(std::string_view header, const Look& look);

// The tree of parts, a line each: number, type, charset, encoding, file name, octets after decoding.
std::string structure_view(std::string_view message);

// The index of the part that is meant by its number (RFC 9051 section 6.4.5.1), else by its Content-ID, in angle
// brackets or not, else by its file name. Errors: not_found, naming the parts that there are.
Result<std::size_t> select_part(const mime::PartTree& tree, std::string_view selector);

// The decoded octets of a part: exact for base64 and binary; where lines are lines of the message, they end with LF as
// they do in a Maildir.
std::string part_octets(const mime::PartTree& tree, std::size_t index);

// What is missing because of them.
std::string limits_line(mime::LimitSet limits);

// One line of a text: a line end in a decoded name or field would forge lines of a view.
std::string one_line(std::string text);

}  // namespace mailpipe::app
