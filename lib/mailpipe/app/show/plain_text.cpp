#include "mailpipe/app/show/plain_text.hpp"

#include <algorithm>
#include <utility>

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
    Flowed(bool del_sp, const BlockSink& add) : del_sp_(del_sp), add_(add) {}

    // RFC 3676 section 4:
    //   quote-mark = 1*">"; a line is [quote-mark] [stuffing SP] content, flowed when it ends with SP
    void line(std::string_view text) {
        const std::size_t depth = std::min(text.find_first_not_of('>'), text.size());
        text.remove_prefix(depth);
        if (text.starts_with(' ')) text.remove_prefix(1);
        const bool signature = text == kSignature;
        // Section 4.5: a paragraph that another quote depth or a signature cuts off ends there.
        if (open_ && (depth != block_.quote_depth || signature)) end();
        if (!open_) begin(depth);
        if (signature && depth == 0) in_signature_ = true;
        if (in_signature_ && depth == 0) block_.tone = Tone::signature;
        const bool flows = text.ends_with(' ') && !signature;
        if (flows && del_sp_) text.remove_suffix(1);
        block_.text += text;
        if (!flows) end();
    }
    void end() {
        if (open_) add_(std::exchange(block_, {}));
        open_ = false;
    }

 private:
    void begin(std::size_t depth) {
        block_.indent = depth == 0 ? "" : std::string(depth, '>') + ' ';
        block_.hang = block_.indent;
        block_.quote_depth = depth;
        open_ = true;
    }

    bool del_sp_;
    const BlockSink& add_;
    TextBlock block_;
    bool open_ = false;  // block_ is begun, and goes on in the next line
    bool in_signature_ = false;
};

}  // namespace

void plain_blocks(std::string_view text, const BlockSink& add) {
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
        add(std::move(block));
    });
}

TextBlocks plain_blocks(std::string_view text) {
    TextBlocks blocks;
    plain_blocks(text, [&blocks](TextBlock block) { blocks.push_back(std::move(block)); });
    return blocks;
}

void flowed_blocks(std::string_view text, bool del_sp, const BlockSink& add) {
    Flowed flowed(del_sp, add);
    each_line(text, [&](std::string_view line) { flowed.line(line); });
    flowed.end();
}

TextBlocks flowed_blocks(std::string_view text, bool del_sp) {
    TextBlocks blocks;
    flowed_blocks(text, del_sp, [&blocks](TextBlock block) { blocks.push_back(std::move(block)); });
    return blocks;
}

}  // namespace mailpipe::app
