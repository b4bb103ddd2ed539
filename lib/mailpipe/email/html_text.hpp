#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// Readable text of HTML: tags, comments, scripts and styles removed, block elements on lines of their own,
// white space collapsed, character references decoded. UTF-8 in and out; linear; never fails. Not a renderer.
MAILPIPE_EXPORT std::string html_text(std::string_view html);

}  // namespace mailpipe::email
