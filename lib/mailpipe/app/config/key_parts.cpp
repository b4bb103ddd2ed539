#include "mailpipe/app/config/key_parts.hpp"

#include <algorithm>

#include "mailpipe/app/config/limits.hpp"

namespace mailpipe::app::config {
namespace {

// The octet behind a string or comment that begins at `at`. One that has no end ends with its line, or with the
// text when it may have many lines.
std::size_t skip_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const bool escapes = quote == '"';
    const std::string_view three = text.substr(at, 3);
    const bool many_lines = three.size() == 3 && three[1] == quote && three[2] == quote;
    for (std::size_t i = at + (many_lines ? 3 : 1); i < text.size(); ++i) {
        if (escapes && text[i] == '\\') {
            ++i;
        } else if (many_lines ? text.substr(i, 3) == three : text[i] == quote) {
            return i + (many_lines ? 3 : 1);
        } else if (!many_lines && text[i] == '\n') {
            return i;
        }
    }
    return text.size();
}

}  // namespace

std::optional<std::size_t> find_long_key(std::string_view text) {
    std::size_t line = 1;
    std::size_t dots = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            const std::size_t end = skip_string(text, at);
            for (; at < end; ++at)
                line += text[at] == '\n' ? 1 : 0;
            continue;
        }
        if (c == '#') at = std::min(text.find('\n', at), text.size() - 1);
        // What ends a key, or begins one.
        if (std::string_view("\n=,[]{}").find(text[at]) != std::string_view::npos) dots = 0;
        if (c == '.' && ++dots >= limits::kConfigKeyParts) return line;
        line += text[at] == '\n' ? 1 : 0;
        ++at;
    }
    return std::nullopt;
}

}  // namespace mailpipe::app::config
