#pragma once

#include <string_view>

#include "mailpipe/email/html_token.hpp"

// What html_view.hpp knows of the elements of HTML and of the targets of links.
namespace mailpipe::app {

enum class HtmlElement {
    inlined,
    block,
    paragraph,
    heading,
    line_break,
    rule,
    quote,
    preformatted,
    list,
    item,
    description,
    table,
    row,
    cell,
    picture,
    link,
};

// By name in lower case; inlined for those that are not known.
HtmlElement html_element(std::string_view name);

// A start tag of an element that has an end and that no reader sees: hidden, or of the style display: none.
bool is_hidden_element(const email::HtmlToken& token);

// Soft hyphens, byte order marks and, where they join nothing, joiners and zero-width spaces: newsletters begin with
// hundreds of these.
bool is_invisible(std::string_view character, bool at_gap);

// White space and no-break spaces.
bool is_only_space(std::string_view text);

// No anchor within the message, no script.
bool is_worth_showing(std::string_view target);
// Whether the text of a link is its target already, but for scheme, white space and a "/" at the end.
bool is_same_address(std::string_view text, std::string_view target);

}  // namespace mailpipe::app
