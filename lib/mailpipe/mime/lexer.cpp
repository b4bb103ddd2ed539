#include "mailpipe/mime/lexer.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::mime {
namespace {

bool is_line_end(std::string_view text, std::size_t at) {
    return text[at] == '\n' || (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
}

}  // namespace

std::string read_comment(std::string_view text, std::size_t& at) {
    std::string out;
    std::size_t depth = 1;
    ++at;
    for (; at < text.size(); ++at) {
        if (is_line_end(text, at)) continue;
        char c = text[at];
        if (c == '\\' && at + 1 < text.size()) {
            c = text[++at];
            if (!is_line_end(text, at)) out += c;
            continue;
        }
        if (c == '(') ++depth;
        if (c == ')' && --depth == 0) {
            ++at;
            return out;
        }
        out += c;
    }
    return out;
}

std::string read_quoted_string(std::string_view text, std::size_t& at) {
    std::string out;
    ++at;
    for (; at < text.size(); ++at) {
        if (is_line_end(text, at)) continue;
        if (text[at] == '"') {
            ++at;
            return out;
        }
        if (text[at] == '\\' && at + 1 < text.size()) {
            ++at;
            if (is_line_end(text, at)) continue;
        }
        out += text[at];
    }
    return out;
}

void skip_cfws(std::string_view text, std::size_t& at) {
    while (at < text.size()) {
        if (text[at] == '(') {
            read_comment(text, at);
        } else if (ascii::is_space(text[at])) {
            ++at;
        } else {
            return;
        }
    }
}

}  // namespace mailpipe::mime
