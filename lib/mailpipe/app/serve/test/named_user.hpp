#pragma once

#include <string>
#include <string_view>

namespace mailpipe::app::serve {

// Whom a client's message of a SASL mechanism (in upper case) names, by its own account; empty: nobody.
std::string named_user(std::string_view mechanism, const std::string& message);

}  // namespace mailpipe::app::serve
