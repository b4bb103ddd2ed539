#include "mailpipe/app/json_skim.hpp"

#include <array>
#include <cstddef>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

// What has more may be too large for any number.
constexpr std::size_t kDigits = 18;
constexpr int kLevels = 64;

// What neither ends a string, nor begins an escape, nor may not stand in one: most of a record.
constexpr auto kOrdinary = [] {
    std::array<bool, 256> table{};
    for (std::size_t octet = 0x20; octet < table.size(); ++octet)
        table[octet] = octet != '"' && octet != '\\';
    return table;
}();

class Skimmer {
 public:
    Skimmer(std::string_view text, std::vector<JsonMember>& members) : text_(text), members_(members) {}

    bool skim() {
        skip_space();
        if (next() != '{' || !value(0)) return false;
        skip_space();
        return at_ == text_.size() && is_utf8(text_);
    }

 private:
    // At `depth` containers, of which the outermost is the object.
    bool value(int depth) {
        if (depth > kLevels) return false;
        switch (next()) {
            case '{':
                return object(depth + 1);
            case '[':
                return array(depth + 1);
            case '"':
                return string();
            default:
                return word() || integer();
        }
    }

    bool object(int depth) {
        ++at_;
        skip_space();
        if (take('}')) return true;
        do {
            skip_space();
            const std::size_t key = at_;
            if (!string()) return false;
            const std::size_t key_end = at_;
            skip_space();
            if (!take(':')) return false;
            skip_space();
            const std::size_t begin = at_;
            if (!value(depth)) return false;
            if (depth == 1 && !add(text_.substr(key + 1, key_end - key - 2), text_.substr(begin, at_ - begin)))
                return false;
            skip_space();
        } while (take(','));
        return take('}');
    }

    bool array(int depth) {
        ++at_;
        skip_space();
        if (take(']')) return true;
        do {
            skip_space();
            if (!value(depth)) return false;
            skip_space();
        } while (take(','));
        return take(']');
    }

    bool add(std::string_view key, std::string_view value) {
        if (key.find('\\') != std::string_view::npos) return false;
        members_.push_back({key, value});
        return true;
    }

    bool string() {
        if (!take('"')) return false;
        std::size_t at = at_;
        while (true) {
            while (at < text_.size() && kOrdinary[static_cast<unsigned char>(text_[at])])
                ++at;
            if (at == text_.size()) return false;
            const char c = text_[at++];
            if (c == '"') {
                at_ = at;
                return true;
            }
            if (c != '\\') return false;
            if (at == text_.size() ||
                std::string_view("\"\\/bfnrt").find(text_[at++]) == std::string_view::npos)
                return false;
        }
    }

    bool word() {
        static constexpr std::array<std::string_view, 3> kWords{"true", "false", "null"};
        for (const std::string_view word : kWords) {
            if (text_.substr(at_, word.size()) != word) continue;
            at_ += word.size();
            return true;
        }
        return false;
    }

    // int of RFC 8259 section 6; of a fraction or an exponent behind it nobody makes the end of a value.
    bool integer() {
        take('-');
        const std::size_t begin = at_;
        while (ascii::is_digit(next()))
            ++at_;
        const std::size_t digits = at_ - begin;
        return digits > 0 && digits <= kDigits && (digits == 1 || text_[begin] != '0');
    }

    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (next() != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (next() == ' ' || next() == '\t' || next() == '\r' || next() == '\n')
            ++at_;
    }

    const std::string_view text_;
    std::vector<JsonMember>& members_;
    std::size_t at_ = 0;
};

}  // namespace

bool skim_json_object(std::string_view text, std::vector<JsonMember>& members) {
    members.clear();
    return Skimmer(text, members).skim();
}

}  // namespace mailpipe::app
