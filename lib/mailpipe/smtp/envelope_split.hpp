#pragma once

#include <cstddef>
#include <vector>

#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::smtp {

// Indices of the recipients, divided into as few transactions as RCPTMAX and RCPTDOMAINMAX (RFC 9422) allow; each in the
// envelope's order. One for a server without such limits.
std::vector<std::vector<std::size_t>> split_recipients(const Envelope& envelope, const Capabilities& offered);

}  // namespace mailpipe::smtp
