#include "mailpipe/email/html_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::email {
namespace {

struct Entity {
    std::string_view name;
    std::string_view text;
};
constexpr auto kEntities = std::to_array<Entity>({
    {"amp", "&"},         {"lt", "<"},          {"gt", ">"},          {"quot", "\""},
    {"apos", "'"},        {"nbsp", " "},        {"copy", "\u00a9"},   {"reg", "\u00ae"},
    {"trade", "\u2122"},  {"euro", "\u20ac"},   {"pound", "\u00a3"},  {"yen", "\u00a5"},
    {"cent", "\u00a2"},   {"sect", "\u00a7"},   {"deg", "\u00b0"},    {"middot", "\u00b7"},
    {"bull", "\u2022"},   {"hellip", "\u2026"}, {"ndash", "\u2013"},  {"mdash", "\u2014"},
    {"lsquo", "\u2018"},  {"rsquo", "\u2019"},  {"ldquo", "\u201c"},  {"rdquo", "\u201d"},
    {"bdquo", "\u201e"},  {"laquo", "\u00ab"},  {"raquo", "\u00bb"},  {"auml", "\u00e4"},
    {"ouml", "\u00f6"},   {"uuml", "\u00fc"},   {"Auml", "\u00c4"},   {"Ouml", "\u00d6"},
    {"Uuml", "\u00dc"},   {"szlig", "\u00df"},  {"eacute", "\u00e9"}, {"egrave", "\u00e8"},
    {"ecirc", "\u00ea"},  {"aacute", "\u00e1"}, {"agrave", "\u00e0"}, {"acirc", "\u00e2"},
    {"ccedil", "\u00e7"}, {"iacute", "\u00ed"}, {"oacute", "\u00f3"}, {"uacute", "\u00fa"},
    {"ntilde", "\u00f1"}, {"aring", "\u00e5"},  {"aelig", "\u00e6"},  {"oslash", "\u00f8"},
    {"zwnj", ""},         {"shy", ""},
});
constexpr std::size_t kEntityLength = 10;

constexpr auto kBlocks = std::to_array<std::string_view>(
    {"p",  "div", "br", "tr",         "table", "li",   "ul",      "ol",      "h1",     "h2",     "h3", "h4",
     "h5", "h6",  "hr", "blockquote", "pre",   "body", "section", "article", "header", "footer", "dt", "dd"});
constexpr auto kHidden = std::to_array<std::string_view>({"script", "style", "title", "template"});

void append_utf8(std::uint32_t point, std::string& out) {
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) point = 0xFFFD;
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6));
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0 | (point >> 12));
        out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (point >> 18));
        out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    }
}

// Where `needle` (lower case) next stands, ignoring case.
std::size_t find_ignore_case(std::string_view text, std::string_view needle, std::size_t from) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), needle.begin(),
                                   needle.end(), [](char a, char b) { return ascii::lower(a) == b; });
    return static_cast<std::size_t>(found - text.begin());
}

class Stripper {
 public:
    explicit Stripper(std::string_view html) : html_(html) {}

    std::string run() {
        while (at_ < html_.size()) {
            const char c = html_[at_];
            if (c == '<') {
                tag();
            } else if (c == '&') {
                reference();
            } else {
                put(c);
                ++at_;
            }
        }
        while (out_.ends_with('\n') || out_.ends_with(' '))
            out_.pop_back();
        if (!out_.empty()) out_ += '\n';
        return std::move(out_);
    }

 private:
    void put(char c) {
        if (ascii::is_space(c)) {
            if (!out_.empty() && !out_.ends_with(' ') && !out_.ends_with('\n')) out_ += ' ';
        } else {
            out_ += c;
        }
    }

    void new_line() {
        while (out_.ends_with(' '))
            out_.pop_back();
        if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
    }

    void tag() {
        if (html_.substr(at_).starts_with("<!--")) {
            const std::size_t end = html_.find("-->", at_ + 4);
            at_ = end == std::string_view::npos ? html_.size() : end + 3;
            return;
        }
        std::size_t at = at_ + 1;
        const bool closes = at < html_.size() && html_[at] == '/';
        if (closes) ++at;
        const std::size_t start = at;
        while (at < html_.size() && ascii::is_alnum(html_[at]))
            ++at;
        const bool is_tag =
            at > start || (start < html_.size() && (html_[start] == '!' || html_[start] == '?'));
        if (!is_tag) {
            put('<');
            ++at_;
            return;
        }
        const std::string name = ascii::to_lower(html_.substr(start, at - start));
        const std::size_t end = html_.find('>', at);
        at_ = end == std::string_view::npos ? html_.size() : end + 1;
        if (!closes && std::find(kHidden.begin(), kHidden.end(), name) != kHidden.end()) {
            at_ = find_ignore_case(html_, "</" + name, at_);
        } else if (std::find(kBlocks.begin(), kBlocks.end(), name) != kBlocks.end()) {
            new_line();
        }
    }

    // &name; &#123; &#x1F600;
    void reference() {
        const std::string_view rest = html_.substr(at_ + 1, kEntityLength + 1);
        const std::size_t end = rest.find(';');
        const std::string_view name = rest.substr(0, end == std::string_view::npos ? 0 : end);
        if (name.starts_with('#')) {
            const bool hex = name.size() > 1 && ascii::lower(name[1]) == 'x';
            const std::string_view digits = name.substr(hex ? 2 : 1);
            std::uint32_t point = 0;
            const auto [stop, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), point, hex ? 16 : 10);
            if (error == std::errc{} && stop == digits.data() + digits.size()) {
                if (point < 0x80 && ascii::is_space(static_cast<char>(point))) {
                    put(' ');
                } else {
                    append_utf8(point == 0xA0 ? ' ' : point, out_);
                }
                at_ += end + 2;
                return;
            }
        }
        const auto* entity = std::find_if(kEntities.begin(), kEntities.end(),
                                          [name](const Entity& e) { return e.name == name; });
        if (entity != kEntities.end()) {
            out_ += entity->text;
            at_ += end + 2;
            return;
        }
        put('&');
        ++at_;
    }

    std::string_view html_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::string html_text(std::string_view html) {
    return Stripper(html).run();
}

}  // namespace mailpipe::email
