#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// $XDG_STATE_HOME/mailpipe, ~/.local/state/mailpipe by default. Error config when neither is known: `what` is to be kept
// there, and `option` says another place.
Result<std::string> state_home(std::string_view what, std::string_view option);

}  // namespace mailpipe::app
