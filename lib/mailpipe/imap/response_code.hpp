#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// resp-text of status responses (RFC 3501 section 7.1, codes of RFC 5530).
namespace mailpipe::imap {

struct ResponseText {
    std::string_view code;       // as written; empty when there is none
    std::string_view arguments;  // behind the code, inside the brackets
    std::string_view text;
    bool has_code(std::string_view name) const;
};

// Views into `text`. Never fails: what has no closing bracket is text.
ResponseText parse_response_text(std::string_view text);

// The kind of error that a refusal (tagged NO or BAD, BYE) with this code is; `otherwise` for codes that say
// nothing.
Errc kind_of_code(std::string_view code, Errc otherwise);

// "WHAT refused: [CODE] text", with the reply attached.
Error refusal(std::string_view what, const ResponseText& response, Errc otherwise);

}  // namespace mailpipe::imap
