#pragma once

#include <string_view>

#include "mailpipe/index/message.hpp"

namespace mailpipe::app {

// What the index keeps of a message for IMAP: an index::Describe. Never fails.
index::Facts describe(std::string_view crlf_message);

}  // namespace mailpipe::app
