#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

enum class Escape { none, html };

// Puts values of `record`, a JSON object, into a text: "{{name}}" becomes the string, number or boolean of that key, with
// html the characters & < > " ' of it escaped; "{{a.b}}" is key b of the object a. Spaces may stand within the braces.
// Everything else stays as it is. Errors: data for a key that is missing or holds something else, and for "{{" without "}}".
Result<std::string> fill_template(std::string_view text, const email::Json& record,
                                  Escape escape = Escape::none);

}  // namespace mailpipe::app
