#pragma once

#include <cstddef>
#include <string>

#include "mailpipe/app/show/text_block.hpp"

namespace mailpipe::app {

struct Look {
    std::size_t width = 0;  // columns at which blocks are wrapped; 0: each is one line
    bool color = false;
};

// The blocks as lines that end with LF, of terminal_text(): no control character of a message gets through, whatever
// the output is. Lines are broken at spaces, and where UAX #14 allows it in text that is written without spaces; a word
// that is wider than the line, such as a URL, stays whole.
std::string lay_out(const TextBlocks& blocks, const Look& look);

}  // namespace mailpipe::app
