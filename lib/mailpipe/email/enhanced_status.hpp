#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

// Enhanced mail system status codes (RFC 3463 section 2):
//   status-code = class "." subject "." detail
//   class = "2" / "4" / "5"; subject, detail = 1*3DIGIT
namespace mailpipe::email {

// The first status code that stands in `text` as a word of its own; "" when there is none.
MAILPIPE_EXPORT std::string_view find_enhanced_status(std::string_view text);

// What it means in a few words of English, without its class: "the mailbox is full". Of the registry of RFC 5248; for a
// detail that is not known what its subject says, nullopt when that says nothing, as in 5.0.0.
MAILPIPE_EXPORT std::optional<std::string_view> enhanced_status_meaning(std::string_view status);

}  // namespace mailpipe::email
