#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What is shown as text, before it has a width: makers (plain_text.hpp, html_view.hpp, report_view.hpp) turn parts into
// blocks, layout.hpp turns blocks into lines.
namespace mailpipe::app {

enum class Tone { plain, field, heading, signature };

// One paragraph, list item, header field or line. UTF-8, not yet stripped of control characters.
struct TextBlock {
    std::string indent;           // before its first line, such as "> " or "  * "
    std::string hang;             // before the lines that follow when it is wrapped
    std::string text;             // without line ends
    bool wraps = true;            // false: as it is, whatever the width
    Tone tone = Tone::plain;      // of `indent` in a field, else of all of it
    std::size_t quote_depth = 0;  // for its colour
};
using TextBlocks = std::vector<TextBlock>;
// Takes blocks one by one, so that a long text is not held as blocks.
using BlockSink = std::function<void(TextBlock)>;

inline bool is_blank(const TextBlock& block) {
    return block.text.find_first_not_of(" \t") == std::string::npos &&
           block.indent.find_first_not_of("> ") == std::string::npos;
}

}  // namespace mailpipe::app
