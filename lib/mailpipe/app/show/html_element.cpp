#include "mailpipe/app/show/html_element.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr auto kElements = std::to_array<std::pair<std::string_view, HtmlElement>>({
    {"a", HtmlElement::link},
    {"address", HtmlElement::block},
    {"article", HtmlElement::block},
    {"aside", HtmlElement::block},
    {"blockquote", HtmlElement::quote},
    {"body", HtmlElement::block},
    {"br", HtmlElement::line_break},
    {"caption", HtmlElement::block},
    {"center", HtmlElement::block},
    {"dd", HtmlElement::description},
    {"details", HtmlElement::block},
    {"dir", HtmlElement::list},
    {"div", HtmlElement::block},
    {"dl", HtmlElement::paragraph},
    {"dt", HtmlElement::block},
    {"fieldset", HtmlElement::block},
    {"figcaption", HtmlElement::block},
    {"figure", HtmlElement::block},
    {"footer", HtmlElement::block},
    {"form", HtmlElement::block},
    {"h1", HtmlElement::heading},
    {"h2", HtmlElement::heading},
    {"h3", HtmlElement::heading},
    {"h4", HtmlElement::heading},
    {"h5", HtmlElement::heading},
    {"h6", HtmlElement::heading},
    {"header", HtmlElement::block},
    {"hr", HtmlElement::rule},
    {"img", HtmlElement::picture},
    {"li", HtmlElement::item},
    {"listing", HtmlElement::preformatted},
    {"main", HtmlElement::block},
    {"menu", HtmlElement::list},
    {"nav", HtmlElement::block},
    {"ol", HtmlElement::list},
    {"option", HtmlElement::block},
    {"p", HtmlElement::paragraph},
    {"pre", HtmlElement::preformatted},
    {"section", HtmlElement::block},
    {"summary", HtmlElement::block},
    {"table", HtmlElement::table},
    {"td", HtmlElement::cell},
    {"th", HtmlElement::cell},
    {"tr", HtmlElement::row},
    {"ul", HtmlElement::list},
});

static_assert(std::is_sorted(kElements.begin(), kElements.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; }));

// Without an end tag; what follows them is not in them.
constexpr auto kVoid = std::to_array<std::string_view>(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link",   "meta", "source", "track",
     "wbr",  "p",    "li", "tr",  "td",    "th", "dd",  "dt",    "option", "body", "html"});

std::string_view without_scheme(std::string_view target) {
    for (const std::string_view scheme : {"https://", "http://", "mailto:", "tel:"}) {
        if (ascii::starts_with_ignore_case(target, scheme)) return target.substr(scheme.size());
    }
    return target;
}

std::string_view bare(std::string_view address) {
    address = without_scheme(ascii::trim(address));
    if (address.ends_with('/')) address.remove_suffix(1);
    return address;
}

}  // namespace

HtmlElement html_element(std::string_view name) {
    const auto* const found =
        std::lower_bound(kElements.begin(), kElements.end(), name,
                         [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    return found == kElements.end() || found->first != name ? HtmlElement::inlined : found->second;
}

bool is_hidden_element(const email::HtmlToken& token) {
    if (token.attributes.empty() || token.attributes.ends_with('/')) return false;
    if (std::find(kVoid.begin(), kVoid.end(), token.name) != kVoid.end()) return false;
    if (email::html_attribute(token.attributes, "hidden")) return true;
    std::string style = ascii::to_lower(email::html_attribute(token.attributes, "style").value_or(""));
    std::erase_if(style, [](char c) { return ascii::is_space(c); });
    return style.find("display:none") != std::string::npos;
}

bool is_invisible(std::string_view character, bool at_gap) {
    if (character == "\u00ad" || character == "\ufeff") return true;
    return at_gap &&
           (character == "\u200b" || character == "\u200c" || character == "\u200d" || character == "\u034f");
}

bool is_only_space(std::string_view text) {
    while (!text.empty()) {
        if (text.starts_with("\u00a0")) {
            text.remove_prefix(2);
        } else if (text[0] == ' ') {
            text.remove_prefix(1);
        } else {
            return false;
        }
    }
    return true;
}

bool is_worth_showing(std::string_view target) {
    if (target.empty() || target.front() == '#') return false;
    for (const std::string_view scheme : {"javascript:", "vbscript:", "data:", "about:"}) {
        if (ascii::starts_with_ignore_case(target, scheme)) return false;
    }
    return true;
}

bool is_same_address(std::string_view text, std::string_view target) {
    return bare(text) == bare(target);
}

}  // namespace mailpipe::app
