#include "mailpipe/wire/line_ends.hpp"

#include <algorithm>
#include <cstddef>

namespace mailpipe::wire {
namespace {

constexpr std::size_t kBlock = 128;

// Whether the octets behind `block[-1]` have no bare CR, no bare LF and no NUL; a CR at their end is left to who looks at
// what follows. Every octet of every message is looked at here: without a branch the compiler looks at many at once.
inline bool is_clean(const char* block, unsigned char& octets) {
    unsigned char wrong = 0;
    unsigned char all = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        const char before = block[static_cast<std::ptrdiff_t>(i) - 1];
        wrong |= static_cast<unsigned char>((before == '\r') ^ (block[i] == '\n'));
        wrong |= static_cast<unsigned char>(block[i] == '\0');
        all |= static_cast<unsigned char>(block[i]);
    }
    octets |= all;
    return wrong == 0;
}

}  // namespace

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
    judge(after_cr_ ? '\r' : ' ', text[0]);
    unsigned char octets = 0;
    for (std::size_t at = 1; at < text.size();) {
        // The last block begins within the one before it.
        const bool is_block = text.size() > kBlock;
        const std::size_t end = is_block ? std::min(at + kBlock, text.size()) : text.size();
        if (!is_block || !is_clean(text.data() + end - kBlock, octets)) {
            for (std::size_t i = at; i < end; ++i)
                judge(text[i - 1], text[i]);
        }
        at = end;
    }
    eight_bit_ = eight_bit_ || (octets & 0x80) != 0;
    after_cr_ = text.back() == '\r';
}

void LineEndChecker::judge(char before, char c) {
    if (before == '\r' && c != '\n') bare_cr_ = true;
    if (before != '\r' && c == '\n') bare_lf_ = true;
    if (c == '\0') nul_ = true;
    if ((static_cast<unsigned char>(c) & 0x80) != 0) eight_bit_ = true;
}

void LineEndChecker::finish() {
    if (after_cr_) bare_cr_ = true;
}

}  // namespace mailpipe::wire
