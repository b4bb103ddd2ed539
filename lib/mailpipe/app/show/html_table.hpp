#pragma once

#include <cstddef>
#include <vector>

#include "mailpipe/app/show/text_block.hpp"

namespace mailpipe::app {

// Rows of cells, each with what is in it.
struct HtmlTable {
    std::vector<std::vector<TextBlocks>> rows;
};

// A table of data (several rows and columns, a line a cell) in aligned columns if these fit into `width`, 0 for
// any. Every other table, mostly layout: a row of single lines on one line, else cell after cell.
TextBlocks lay_out_table(HtmlTable table, std::size_t width);

}  // namespace mailpipe::app
