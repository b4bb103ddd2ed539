#include "mailpipe/base/redactor.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe {
namespace {

constexpr std::size_t kLeast = 4;

bool is_base64(char c) {
    return ascii::is_alnum(c) || c == '+' || c == '/';
}

// quoted-specials (RFC 3501 section 9)
std::string as_quoted(std::string_view secret) {
    std::string out;
    for (const char c : secret) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

// The base64 characters that the secret alone decides when `before` octets stand before it.
std::string base64_core(std::string_view secret, std::size_t before) {
    std::string padded(before, '\0');
    padded += secret;
    std::string encoded = encode_base64(padded);
    const std::size_t first = (before * 8 + 5) / 6;
    std::string core = encoded.substr(first, padded.size() * 8 / 6 - first);
    wipe(padded);
    wipe(encoded);
    return core;
}

}  // namespace

void Redactor::add_needle(std::string text, bool base64) {
    needles_.push_back({Secret(ascii::to_lower(text)), base64});
    wipe(text);
}

void Redactor::add(std::string_view secret) {
    if (secret.size() < kLeast) return;
    add_needle(std::string(secret), false);
    if (std::string quoted = as_quoted(secret); quoted.size() != secret.size()) {
        add_needle(std::move(quoted), false);
    }
    for (std::size_t before = 0; before < 3; ++before)
        add_needle(base64_core(secret, before), true);
}

std::string Redactor::clean(std::string_view text) const {
    const std::string lowered = needles_.empty() ? std::string() : ascii::to_lower(text);
    std::vector<std::pair<std::size_t, std::size_t>> hidden;
    for (const Needle& needle : needles_) {
        const std::string_view wanted = needle.text.reveal();
        for (std::size_t at = lowered.find(wanted); at != std::string::npos;
             at = lowered.find(wanted, at + 1)) {
            std::size_t end = at + wanted.size();
            std::size_t begin = at;
            if (needle.base64) {
                // The characters at its ends hold bits of it, too.
                while (begin > 0 && is_base64(text[begin - 1]))
                    --begin;
                while (end < text.size() && is_base64(text[end]))
                    ++end;
                while (end < text.size() && text[end] == '=')
                    ++end;
            }
            hidden.emplace_back(begin, end);
            at = end - 1;
        }
    }
    std::sort(hidden.begin(), hidden.end());
    std::string out;
    std::size_t done = 0;
    for (const auto& [begin, end] : hidden) {
        if (begin >= done) {
            out += text.substr(done, begin - done);
            out += "***";
        }
        done = std::max(done, end);
    }
    out += text.substr(done);
    return out;
}

Error Redactor::clean(Error error) const {
    error.message = clean(error.message);
    if (error.reply) {
        error.reply->enhanced = clean(error.reply->enhanced);
        error.reply->text = clean(error.reply->text);
    }
    return error;
}

}  // namespace mailpipe
