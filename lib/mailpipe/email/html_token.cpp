#include "mailpipe/email/html_token.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/html_entity.hpp"

namespace mailpipe::email {
namespace {

constexpr auto kHidden = std::to_array<std::string_view>(
    {"script", "style", "title", "template", "iframe", "noembed", "noframes", "svg", "math"});

bool is_html_space(char c) {
    return ascii::is_space(c) || c == '\f';
}

// Where `needle` (lower case) next stands, ignoring case.
std::size_t find_ignore_case(std::string_view text, std::string_view needle, std::size_t from) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), needle.begin(),
                                   needle.end(), [](char a, char b) { return ascii::lower(a) == b; });
    return static_cast<std::size_t>(found - text.begin());
}

bool may_begin_markup(std::string_view text) {
    return text.size() > 1 && text[0] == '<' &&
           (ascii::is_alpha(text[1]) || text[1] == '/' || text[1] == '!' || text[1] == '?');
}

}  // namespace

bool HtmlTokenizer::next(HtmlToken& token) {
    while (at_ < html_.size()) {
        if (may_begin_markup(html_.substr(at_))) {
            if (markup(token)) return true;
            continue;
        }
        // A "<" that begins nothing is text.
        std::size_t end = html_.find('<', at_ + 1);
        while (end != std::string_view::npos && !may_begin_markup(html_.substr(end)))
            end = html_.find('<', end + 1);
        token.kind = HtmlToken::Kind::text;
        token.text = html_.substr(at_, std::min(end, html_.size()) - at_);
        at_ += token.text.size();
        return true;
    }
    return false;
}

// Whether it is one that is handed out.
bool HtmlTokenizer::markup(HtmlToken& token) {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) {
        // "<!-->" and "<!--->" are whole.
        const std::size_t end = html_.find("-->", at_ + 2);
        at_ = end == std::string_view::npos ? html_.size() : end + 3;
        return false;
    }
    const bool closes = rest[1] == '/';
    if (rest[1] == '!' || rest[1] == '?' || (closes && !(rest.size() > 2 && ascii::is_alpha(rest[2])))) {
        at_ = std::min(html_.find('>', at_), html_.size() - 1) + 1;
        return false;
    }
    return tag(token);
}

bool HtmlTokenizer::tag(HtmlToken& token) {
    const bool closes = html_[at_ + 1] == '/';
    const std::size_t begin = at_ + (closes ? 2 : 1);
    std::size_t end = begin;
    while (end < html_.size() && !is_html_space(html_[end]) && html_[end] != '/' && html_[end] != '>')
        ++end;
    token.kind = closes ? HtmlToken::Kind::end_tag : HtmlToken::Kind::start_tag;
    token.name = ascii::to_lower(html_.substr(begin, end - begin));
    const std::size_t close = tag_end(end);
    token.attributes = html_.substr(end, close - end);
    at_ = std::min(close + 1, html_.size());
    if (closes) return true;
    if (std::find(kHidden.begin(), kHidden.end(), token.name) == kHidden.end()) return true;
    if (!token.attributes.ends_with('/')) skip_contents(token.name);
    return false;
}

// Of the ">" outside of quotes. Where a quotation mark is not closed it is no quotation mark: browsers would lose the
// rest of the message.
std::size_t HtmlTokenizer::tag_end(std::size_t from) const {
    for (std::size_t at = from; at < html_.size(); ++at) {
        const char c = html_[at];
        if (c == '>') return at;
        if (c != '"' && c != '\'') continue;
        const std::size_t close = html_.find(c, at + 1);
        if (close == std::string_view::npos) return std::min(html_.find('>', at), html_.size());
        at = close;
    }
    return html_.size();
}

void HtmlTokenizer::skip_contents(std::string_view name) {
    at_ = find_ignore_case(html_, "</" + std::string(name), at_);
}

std::optional<std::string> html_attribute(std::string_view attributes, std::string_view name) {
    std::size_t at = 0;
    const auto skip_spaces = [&] {
        while (at < attributes.size() && (is_html_space(attributes[at]) || attributes[at] == '/'))
            ++at;
    };
    while (true) {
        skip_spaces();
        if (at == attributes.size()) return std::nullopt;
        const std::size_t begin = at;
        ++at;  // a "=" in front belongs to the name
        while (at < attributes.size() && !is_html_space(attributes[at]) && attributes[at] != '=' &&
               attributes[at] != '/')
            ++at;
        const std::string_view found = attributes.substr(begin, at - begin);
        std::string_view value;
        skip_spaces();
        if (at < attributes.size() && attributes[at] == '=') {
            ++at;
            while (at < attributes.size() && is_html_space(attributes[at]))
                ++at;
            const char quote = at < attributes.size() ? attributes[at] : '\0';
            if (quote == '"' || quote == '\'') {
                const std::size_t close = std::min(attributes.find(quote, at + 1), attributes.size());
                value = attributes.substr(at + 1, close - at - 1);
                at = std::min(close + 1, attributes.size());
            } else {
                const std::size_t end = std::min(attributes.find_first_of(" \t\r\n\f", at), attributes.size());
                value = attributes.substr(at, end - at);
                at = end;
            }
        }
        if (ascii::equals_ignore_case(found, name)) return decode_html_references(value, true);
    }
}

}  // namespace mailpipe::email
