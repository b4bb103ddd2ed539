#pragma once

#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// What the sender of a message may do about an enhanced status code (RFC 3463), one or two sentences of English. `final`:
// it is not tried again.
MAILPIPE_EXPORT std::string_view delivery_advice(std::string_view status, bool final);

}  // namespace mailpipe::email
