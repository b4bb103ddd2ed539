#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// RFC 5256 section 2.1.
struct BaseSubject {
    std::string text;  // without "Re:", "Fwd:", "[list]", "(fwd)"; the case as it was written
    bool reply_or_forward = false;
};

// `subject` is decoded and unfolded: UTF-8 without encoded words. Linear.
MAILPIPE_EXPORT BaseSubject base_subject(std::string_view subject);

}  // namespace mailpipe::email
