#pragma once

#include <string_view>

#include "mailpipe/app/show/text_block.hpp"

namespace mailpipe::app {

// text/plain as it is written, a block for each line; a line that is quoted keeps its marks when it is wrapped.
// `text` has LF line ends. What follows "-- " is signature.
void plain_blocks(std::string_view text, const BlockSink& add);
TextBlocks plain_blocks(std::string_view text);

// text/plain; format=flowed (RFC 3676), a block for each paragraph or fixed line: stuffing removed, quoted text behind
// as many ">" and a space. `del_sp`: the space at the end of a flowed line goes.
void flowed_blocks(std::string_view text, bool del_sp, const BlockSink& add);
TextBlocks flowed_blocks(std::string_view text, bool del_sp);

}  // namespace mailpipe::app
