#pragma once

#include <string>

#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app {

// The ref of the message with this key of the state, at its source. Empty where the key names none: it is empty, or
// more than a UIDL since several messages have the same.
std::string ref_at_source(const Location& source, const FetchState& state, const std::string& key);

}  // namespace mailpipe::app
