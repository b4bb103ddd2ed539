#include "mailpipe/app/show/plain_text.hpp"

#include <algorithm>

namespace mailpipe::app {
namespace {

constexpr std::string_view kSignature = "-- ";

template <class Use>
void each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        use(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

class Flowed {
 public:
    explicit Flowed(bool del_sp) : del_sp_(del_sp) {}

    // RFC 3676 section 4:
    //   quote-mark = 1*">"; a line is [quote-mark] [stuffing SP] content, flowed when it ends with SP
    void line(std::string_view text) {
        const std::size_t depth = std::min(text.find_first_not_of('>'), text.size());
        text.remove_prefix(depth);
        if (text.starts_with(' ')) text.remove_prefix(1);
        const bool signature = text == kSignature;
        // Section 4.5: a paragraph that another quote depth or a signature cuts off ends there.
        if (open_ && (depth != blocks_.back().quote_depth || signature)) open_ = false;
        if (!open_) begin(depth);
        if (signature && depth == 0) in_signature_ = true;
        if (in_signature_ && depth == 0) blocks_.back().tone = Tone::signature;
        const bool flows = text.ends_with(' ') && !signature;
        if (flows && del_sp_) text.remove_suffix(1);
        blocks_.back().text += text;
        open_ = flows;
    }
    TextBlocks take() { return std::move(blocks_); }

 private:
    void begin(std::size_t depth) {
        TextBlock block;
        block.indent = depth == 0 ? "" : std::string(depth, '>') + ' ';
        block.hang = block.indent;
        block.quote_depth = depth;
        blocks_.push_back(std::move(block));
    }

    bool del_sp_;
    bool open_ = false;  // the last block goes on in the next line
    bool in_signature_ = false;
    TextBlocks blocks_;
};

}  // namespace

TextBlocks plain_blocks(std::string_view text) {
    TextBlocks blocks;
    bool in_signature = false;
    each_line(text, [&](std::string_view line) {
        TextBlock block;
        const std::size_t marks_end = std::min(line.find_first_not_of("> "), line.size());
        // Spaces alone are indentation, and those behind the last mark may be.
        const std::size_t marks = line.substr(0, marks_end).rfind('>');
        std::size_t quoted = line.starts_with('>') && marks != std::string_view::npos ? marks + 1 : 0;
        if (quoted > 0 && quoted < line.size() && line[quoted] == ' ') ++quoted;
        block.indent = line.substr(0, quoted);
        block.hang = block.indent;
        block.text = line.substr(quoted);
        block.quote_depth = static_cast<std::size_t>(std::count(block.indent.begin(), block.indent.end(), '>'));
        in_signature = in_signature || line == kSignature;
        if (in_signature) block.tone = Tone::signature;
        blocks.push_back(std::move(block));
    });
    return blocks;
}

TextBlocks flowed_blocks(std::string_view text, bool del_sp) {
    Flowed flowed(del_sp);
    each_line(text, [&](std::string_view line) { flowed.line(line); });
    return flowed.take();
}

}  // namespace mailpipe::app
