#include "mailpipe/wire/line_ends.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::wire {

void CrlfToLf::append(std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (held_cr_ && text[0] != '\n') out += '\r';
    held_cr_ = text.back() == '\r';
    if (held_cr_) text.remove_suffix(1);
    while (!text.empty()) {
        const std::size_t at = text.find("\r\n");
        out += text.substr(0, at);
        if (at == std::string_view::npos) return;
        text.remove_prefix(at + 1);
        // `text` starts with the LF; it goes out with what follows it.
        const std::size_t next = text.find("\r\n", 1);
        out += text.substr(0, next);
        if (next == std::string_view::npos) return;
        text.remove_prefix(next);
    }
}

void CrlfToLf::finish(std::string& out) {
    if (held_cr_) out += '\r';
    held_cr_ = false;
}

void LfToCrlf::append(std::string_view text, std::string& out) {
    // Enough for lines of 32 octets and more.
    out.reserve(out.size() + text.size() + text.size() / 32 + 2);
    while (!text.empty()) {
        const std::size_t at = text.find('\n');
        const std::string_view before = text.substr(0, at);
        out += before;
        if (!before.empty()) after_cr_ = before.back() == '\r';
        if (at == std::string_view::npos) return;
        out += after_cr_ ? "\n" : "\r\n";
        after_cr_ = false;
        text.remove_prefix(at + 1);
    }
}

void LineEndChecker::append(std::string_view text) {
    if (text.empty()) return;
    if (after_cr_ && text[0] != '\n') bare_cr_ = true;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        const bool after_cr = at == 0 ? after_cr_ : text[at - 1] == '\r';
        if (!after_cr) bare_lf_ = true;
    }
    for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
        if (at + 1 < text.size() && text[at + 1] != '\n') bare_cr_ = true;
    }
    after_cr_ = text.back() == '\r';
    if (text.find('\0') != std::string_view::npos) nul_ = true;
    eight_bit_ = eight_bit_ || !ascii::is_ascii(text);
}

void LineEndChecker::finish() {
    if (after_cr_) bare_cr_ = true;
}

}  // namespace mailpipe::wire
