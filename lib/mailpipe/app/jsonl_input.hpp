#pragma once

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/app/message_input.hpp"

namespace mailpipe::app {

// The jsonl format of MessageInput.
std::unique_ptr<MessageInput> make_jsonl_input(InputSource source);

}  // namespace mailpipe::app
