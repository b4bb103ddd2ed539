#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// How much room text takes on a terminal. Text is UTF-8; an octet that is none counts as one character.
namespace mailpipe::app {

// Octets of the extended grapheme cluster (UAX #29) at the start of `utf8`, 0 when that is empty. Properties are
// ICU's, the rules are kept here: an iterator of ICU costs more than a line of a table.
std::size_t cluster_length(std::string_view utf8);

// Columns: none for combining marks, two for East Asian wide and fullwidth characters (UAX #11) and for emoji,
// however many characters one is made of. Ambiguous ones take one.
std::size_t display_width(std::string_view utf8);

// Cuts between clusters or pads to exactly `columns`; what is cut ends in "…".
std::string fit(std::string_view utf8, std::size_t columns);

}  // namespace mailpipe::app
