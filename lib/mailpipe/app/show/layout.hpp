#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "mailpipe/app/show/text_block.hpp"

namespace mailpipe::app {

struct Look {
    std::size_t width = 0;  // columns at which blocks are wrapped; 0: each is one line
    bool color = false;
};

// Makes lines of blocks: lines that end with LF, of terminal_text(): no control character of a message gets through, whatever
// the output is. Lines are broken at spaces, and where UAX #14 allows it in text that is written without spaces; a word
// that is wider than the line, such as a URL, stays whole.
class Layout {
 public:
    explicit Layout(const Look& look);
    Layout(const Layout&) = delete;
    Layout& operator=(const Layout&) = delete;
    ~Layout();

    void add(const TextBlock& block);
    // Octets so far; cut() goes back to what there was then.
    std::size_t size() const;
    void cut(std::size_t size);
    std::string take();

 private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

std::string lay_out(const TextBlocks& blocks, const Look& look);

}  // namespace mailpipe::app
