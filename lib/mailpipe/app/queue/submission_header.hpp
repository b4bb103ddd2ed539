#pragma once

#include <cstdint>
#include <string_view>

#include "mailpipe/queue/message.hpp"

namespace mailpipe::app {

// What a queue wants to know of a message's header: its Message-ID, and whether a program has sent it (RFC 3834 section 5).
void read_submission_header(std::string_view header, queue::Submission& submission);

// From when on it is sent: its arrival, or what FUTURERELEASE asks for, which goes from the envelope then. The queue holds it
// itself (RFC 4865): a server that could is not needed for that.
std::uint32_t take_release_time(queue::Submission& submission);

}  // namespace mailpipe::app
