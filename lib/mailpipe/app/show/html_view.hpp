#pragma once

#include <cstddef>
#include <string_view>

#include "mailpipe/app/show/text_block.hpp"

namespace mailpipe::app {

// HTML as text: paragraphs, headings, nested lists, quotes behind ">", preformatted text, tables, what stands for a
// picture in brackets; links as "[1]" behind their text, with the addresses at the end. Nothing is loaded; what a reader
// would not see (scripts, styles, elements that are hidden) is left out. UTF-8 in and out; any octets; linear.
// `width` is that of the terminal, 0 for none: a table that is wider is not aligned.
TextBlocks html_blocks(std::string_view html, std::size_t width);

}  // namespace mailpipe::app
