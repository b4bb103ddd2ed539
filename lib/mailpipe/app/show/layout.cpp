#include "mailpipe/app/show/layout.hpp"

#include <unicode/ubrk.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "mailpipe/app/display_width.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kTabStop = 8;
constexpr std::size_t kLeastColumns = 10;  // for the text, however far it is indented

constexpr std::string_view kEndColor = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::array<std::string_view, 5> kQuoteColors{"\x1b[36m", "\x1b[33m", "\x1b[35m", "\x1b[32m",
                                                       "\x1b[34m"};

// Once lines are broken, a no-break space is only a space that greps badly.
void append_with_spaces(std::string_view text, std::string& out) {
    constexpr std::string_view kNoBreakSpace = "\u00a0";
    while (true) {
        const std::size_t at = text.find(kNoBreakSpace);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return;
        out += ' ';
        text.remove_prefix(at + kNoBreakSpace.size());
    }
}

std::string expand_tabs(const std::string& text) {
    if (text.find('\t') == std::string::npos) return text;
    std::string out;
    std::size_t column = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t tab = std::min(rest.find('\t'), rest.size());
        out += rest.substr(0, tab);
        column += display_width(rest.substr(0, tab));
        if (tab < rest.size()) {
            const std::size_t spaces = kTabStop - column % kTabStop;
            out.append(spaces, ' ');
            column += spaces;
        }
        rest.remove_prefix(std::min(tab + 1, rest.size()));
    }
    return out;
}

// Where text without spaces may be broken.
class LineBreaks {
 public:
    // Calls use() with each piece of `word` that must not be broken; with all of it when ICU fails.
    template <class Use>
    void each_piece(std::string_view word, Use use) {
        UErrorCode status = U_ZERO_ERROR;
        // "": the root locale.
        if (!iterator_) iterator_.reset(ubrk_open(UBRK_LINE, "", nullptr, 0, &status));
        UText* text = utext_openUTF8(nullptr, word.data(), static_cast<std::int64_t>(word.size()), &status);
        if (U_SUCCESS(status) != 0) ubrk_setUText(iterator_.get(), text, &status);
        if (U_SUCCESS(status) == 0) {
            use(word);
        } else {
            std::size_t begin = 0;
            ubrk_first(iterator_.get());
            for (int end = ubrk_next(iterator_.get()); end != UBRK_DONE; end = ubrk_next(iterator_.get())) {
                use(word.substr(begin, static_cast<std::size_t>(end) - begin));
                begin = static_cast<std::size_t>(end);
            }
        }
        if (text != nullptr) utext_close(text);
    }

 private:
    struct Close {
        void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
    };
    std::unique_ptr<UBreakIterator, Close> iterator_;
};

}  // namespace

class Layout::Impl {
 public:
    explicit Impl(const Look& look) : look_(look) {}

    void add(const TextBlock& block) {
        block_ = &block;
        indent_ = terminal_text(block.indent);
        // A sender who quotes a long line a thousandfold gets no line for each ten columns of it, all as long.
        hang_ = terminal_text(utf8_prefix(block.hang, look_.width / 2));
        const std::string text = terminal_text(block.text);
        if (look_.width == 0 || !block.wraps) {
            put_line(indent_, text);
        } else {
            wrap(expand_tabs(text));
        }
    }
    std::string& text() { return out_; }

 private:
    void wrap(const std::string& text) {
        line_.clear();
        used_ = 0;
        begin_line();
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::size_t spaces = std::min(rest.find_first_not_of(' '), rest.size());
            rest.remove_prefix(spaces);
            const std::string_view word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(word.size());
            put_word(spaces, word);
        }
        put_line(indent_, line_);
    }

    void begin_line() {
        const std::size_t taken = display_width(indent_);
        room_ = std::max(kLeastColumns, look_.width > taken ? look_.width - taken : 0);
    }

    // UAX #14 would break ASCII at the hyphens and slashes of a URL.
    void put_word(std::size_t spaces, std::string_view word) {
        if (ascii::is_ascii(word)) return put_piece(spaces, word);
        breaks_.each_piece(word, [&](std::string_view piece) {
            put_piece(spaces, piece);
            spaces = 0;
        });
    }

    // Spaces at a break go; those at the end of a line that fits stay, as in "-- ".
    void put_piece(std::size_t spaces, std::string_view piece) {
        const std::size_t columns = display_width(piece);
        if (used_ > 0 && used_ + spaces + columns > room_) {
            if (piece.empty()) return;
            put_line(indent_, line_);
            indent_ = hang_;
            begin_line();
            line_.clear();
            used_ = 0;
            spaces = 0;
        }
        line_.append(spaces, ' ');
        line_ += piece;
        used_ += spaces + columns;
    }

    std::string_view color() const {
        switch (block_->tone) {
            case Tone::signature:
                return kDim;
            case Tone::heading:
                return kBold;
            default:
                break;
        }
        return block_->quote_depth == 0 ? std::string_view()
                                        : kQuoteColors[(block_->quote_depth - 1) % kQuoteColors.size()];
    }

    void put_line(std::string_view indent, std::string_view text) {
        // "> " in front of nothing would only be white space at the end of a line.
        if (text.empty()) indent = indent.substr(0, indent.find_last_not_of(' ') + 1);
        const bool field = block_->tone == Tone::field;
        const std::string_view begin = !look_.color ? std::string_view() : field ? kBold : color();
        const std::string_view end =
            begin.empty() || (indent.empty() && text.empty()) ? std::string_view() : kEndColor;
        if (!end.empty()) out_ += begin;
        out_ += indent;
        if (field) out_ += end;
        append_with_spaces(text, out_);
        if (!field) out_ += end;
        out_ += '\n';
    }

    Look look_;
    const TextBlock* block_ = nullptr;
    LineBreaks breaks_;
    std::string indent_;  // of the line that is being made
    std::string hang_;    // of those behind it
    std::string line_;
    std::size_t used_ = 0;  // columns of line_
    std::size_t room_ = 0;  // columns for it
    std::string out_;
};

Layout::Layout(const Look& look) : impl_(std::make_unique<Impl>(look)) {}
Layout::~Layout() = default;

void Layout::add(const TextBlock& block) {
    impl_->add(block);
}

std::size_t Layout::size() const {
    return impl_->text().size();
}

void Layout::cut(std::size_t size) {
    impl_->text().resize(size);
}

std::string Layout::take() {
    return std::move(impl_->text());
}

std::string lay_out(const TextBlocks& blocks, const Look& look) {
    Layout layout(look);
    for (const TextBlock& block : blocks)
        layout.add(block);
    return layout.take();
}

}  // namespace mailpipe::app
