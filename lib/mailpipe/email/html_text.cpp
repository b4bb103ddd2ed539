#include "mailpipe/email/html_text.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/html_entity.hpp"
#include "mailpipe/email/html_token.hpp"

namespace mailpipe::email {
namespace {

constexpr auto kBlocks = std::to_array<std::string_view>(
    {"p",  "div", "br", "tr",         "table", "li",   "ul",      "ol",      "h1",     "h2",     "h3", "h4",
     "h5", "h6",  "hr", "blockquote", "pre",   "body", "section", "article", "header", "footer", "dt", "dd"});

// Senders pad what a list of messages shows with these.
constexpr auto kInvisible = std::to_array<std::string_view>({"\u00ad", "\u200b", "\u200c", "\u034f", "\ufeff"});

class Stripper {
 public:
    std::string run(std::string_view html) {
        HtmlTokenizer tokens(html);
        for (HtmlToken token; tokens.next(token);) {
            if (token.kind == HtmlToken::Kind::text) {
                put_text(token.text);
            } else if (std::find(kBlocks.begin(), kBlocks.end(), token.name) != kBlocks.end()) {
                new_line();
            }
        }
        while (out_.ends_with('\n') || out_.ends_with(' '))
            out_.pop_back();
        if (!out_.empty()) out_ += '\n';
        return std::move(out_);
    }

 private:
    void put_text(std::string_view text) {
        while (!text.empty()) {
            std::size_t length = 1;
            if (text[0] == '&') length = put_reference(text);
            if (length == 0 || text[0] != '&') put(text[0]);
            text.remove_prefix(std::max<std::size_t>(1, length));
        }
    }

    void put(char c) {
        if (ascii::is_space(c)) {
            if (!out_.empty() && !out_.ends_with(' ') && !out_.ends_with('\n')) out_ += ' ';
        } else {
            out_ += c;
        }
    }

    std::size_t put_reference(std::string_view text) {
        std::string character;
        const std::size_t length = append_html_reference(text, false, character);
        if (character.size() == 1 && ascii::is_space(character[0])) {
            put(' ');
        } else if (character == "\u00a0") {
            out_ += ' ';
        } else if (std::find(kInvisible.begin(), kInvisible.end(), character) == kInvisible.end()) {
            out_ += character;
        }
        return length;
    }

    void new_line() {
        while (out_.ends_with(' '))
            out_.pop_back();
        if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
    }

    std::string out_;
};

}  // namespace

std::string html_text(std::string_view html) {
    return Stripper().run(html);
}

}  // namespace mailpipe::email
