#pragma once

#include <string>
#include <string_view>

#include "mailpipe/app/serve/serve.hpp"

namespace mailpipe::app::serve {

// The file of --limits: lines "NAME = VALUE", empty ones, and comments after a "#" in front. NAME is that of an option without
// its dashes, VALUE what that option takes; it is put in the option's place. Errors: config, "FILE:LINE: what is wrong".
Result<void> take_limits(std::string_view text, const std::string& file, ServeOptions& options);

// The same of options.limits_file, which only its owner can write. Limit: 64 KB.
Result<void> read_limits(ServeOptions& options);

}  // namespace mailpipe::app::serve
