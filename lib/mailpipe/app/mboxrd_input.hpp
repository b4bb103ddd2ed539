#pragma once

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/app/message_input.hpp"

namespace mailpipe::app {

// The mboxrd format of MessageInput; the source stands at the first "From ".
std::unique_ptr<MessageInput> make_mboxrd_input(InputSource source);

}  // namespace mailpipe::app
