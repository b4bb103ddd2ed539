#pragma once

#include <string>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// What an error of a submission means and what the sender can do about it, one sentence or two (--explain): by the words
// of known servers and block lists, else by the enhanced status code (RFC 3463), the reply code, or the kind of the error.
// Empty where nothing beyond the error itself can be said.
std::string explain(const Error& error);

}  // namespace mailpipe::app
