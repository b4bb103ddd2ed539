#include "mailpipe/mime/encoded_word.hpp"

#include <algorithm>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/transfer.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::size_t kCharsetLength = 64;

struct EncodedWord {
    std::string_view charset;  // without the language of RFC 2231 section 5
    char encoding = 'q';
    std::string_view text;
    std::size_t length = 0;
};

bool is_charset_char(char c) {
    return static_cast<unsigned char>(c) > 32 && static_cast<unsigned char>(c) < 127 && c != '?' && c != '=';
}

// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
// The text ends at the first "?", so that a row of "=?a?q?" without an end costs linear time.
std::optional<EncodedWord> parse_word(std::string_view text) {
    if (!text.starts_with("=?")) return std::nullopt;
    std::size_t at = 2;
    while (at < text.size() && at < kCharsetLength + 2 && is_charset_char(text[at]))
        ++at;
    if (at == 2 || at + 2 >= text.size() || text[at] != '?' || text[at + 2] != '?') return std::nullopt;
    EncodedWord word;
    word.charset = text.substr(2, at - 2);
    word.charset = word.charset.substr(0, word.charset.find('*'));
    word.encoding = ascii::lower(text[at + 1]);
    if (word.charset.empty() || (word.encoding != 'q' && word.encoding != 'b')) return std::nullopt;
    const std::size_t start = at + 3;
    const std::size_t end = text.find('?', start);
    if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
    word.text = text.substr(start, end - start);
    word.length = end + 2;
    return word;
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::string decode_q(std::string_view text, bool& problem) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            out += ' ';
        } else if (text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            problem = problem || text[i] == '=';
            out += text[i];
        }
    }
    return out;
}

bool is_blank(std::string_view text) {
    return std::all_of(text.begin(), text.end(), ascii::is_space);
}

class Decoder {
 public:
    DecodedText run(std::string_view text) {
        std::size_t plain = 0;  // start of what is not yet taken over
        std::size_t at = 0;
        while ((at = text.find("=?", at)) != std::string_view::npos) {
            const auto word = parse_word(text.substr(at));
            if (!word) {
                ++at;
                continue;
            }
            const std::string_view between = text.substr(plain, at - plain);
            if (!in_words_ || !is_blank(between)) add_plain(between);
            add_word(*word);
            at += word->length;
            plain = at;
        }
        add_plain(text.substr(plain));
        return std::move(out_);
    }

 private:
    void add(DecodedText piece) {
        std::erase(piece.text, '\0');
        out_.text += piece.text;
        out_.problem = out_.problem || piece.problem;
    }

    void flush_words() {
        if (!octets_.empty()) add(decode_charset(octets_, charset_));
        octets_.clear();
        in_words_ = false;
    }

    void add_plain(std::string_view text) {
        flush_words();
        if (!text.empty()) add(decode_charset(text, ""));
    }

    void add_word(const EncodedWord& word) {
        if (!ascii::equals_ignore_case(word.charset, charset_)) flush_words();
        charset_ = word.charset;
        in_words_ = true;
        octets_ += word.encoding == 'b' ? decode_transfer(word.text, TransferEncoding::base64, &out_.problem)
                                        : decode_q(word.text, out_.problem);
    }

    DecodedText out_;
    bool in_words_ = false;  // the last thing was an encoded word
    std::string charset_;
    std::string octets_;  // decoded words of charset_, not yet converted
};

}  // namespace

std::size_t encoded_word_length(std::string_view text) {
    const auto word = parse_word(text);
    return word ? word->length : 0;
}

DecodedText decode_words(std::string_view text) {
    return Decoder().run(text);
}

std::optional<std::string_view> plain_text(std::string_view raw_value) {
    while (raw_value.starts_with(' ') || raw_value.starts_with('\t'))
        raw_value.remove_prefix(1);
    while (raw_value.ends_with(' ') || raw_value.ends_with('\t'))
        raw_value.remove_suffix(1);
    const bool is_plain = ascii::is_ascii(raw_value) && raw_value.find('\n') == std::string_view::npos &&
                          raw_value.find('\0') == std::string_view::npos &&
                          raw_value.find("=?") == std::string_view::npos;
    return is_plain ? std::optional(raw_value) : std::nullopt;
}

DecodedText decode_text(std::string_view raw_value) {
    if (const auto plain = plain_text(raw_value)) return {std::string(*plain), false};
    const std::string unfolded = unfold(raw_value);
    std::string_view text = unfolded;
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return decode_words(text);
}

}  // namespace mailpipe::mime
