#pragma once

#include <string_view>

#include "mailpipe/index/message.hpp"

namespace mailpipe::app {

// What the index keeps of a message for IMAP: an index::Describe. Never fails.
unsigned describe(std::string_view crlf_text, unsigned want, index::Facts& facts);

}  // namespace mailpipe::app
