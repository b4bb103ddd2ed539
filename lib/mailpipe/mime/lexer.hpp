#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Lexical tokens of RFC 5322 section 3.2 that several field parsers share. All are iterative and linear; an
// unterminated token ends with the text.
namespace mailpipe::mime {

// comment = "(" *([FWS] ccontent) [FWS] ")". `at` stands on "(" and moves behind the comment; its text without
// the outer parentheses and quoted-pair backslashes, folding removed.
std::string read_comment(std::string_view text, std::size_t& at);

// quoted-string. `at` stands on DQUOTE and moves behind the string; its content without backslashes and
// folding.
std::string read_quoted_string(std::string_view text, std::size_t& at);

// [CFWS]: white space, line ends and comments.
void skip_cfws(std::string_view text, std::size_t& at);

}  // namespace mailpipe::mime
