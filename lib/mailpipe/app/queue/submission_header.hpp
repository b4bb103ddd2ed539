#pragma once

#include <string_view>

#include "mailpipe/queue/message.hpp"

namespace mailpipe::app {

// What a queue wants to know of a message's header: its Message-ID, and whether a program has sent it (RFC 3834 section 5).
void read_submission_header(std::string_view header, queue::Submission& submission);

}  // namespace mailpipe::app
