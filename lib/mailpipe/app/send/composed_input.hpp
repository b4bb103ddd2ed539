#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/send/compose_options.hpp"

namespace mailpipe::app {

// The message that `options` describe, or one for each object of the merge file. Errors: those of Composer::open() and of
// the file; of next(): data with the line for an object that does not fit the template (the next call goes on behind it),
// io; temporary when a signal asks to stop.
Result<std::unique_ptr<MessageInput>> make_composed_input(const ComposeOptions& options,
                                                          const std::string& author);

// The messages of `input`, not more than `rate` a second. Error temporary when a signal asks to stop meanwhile.
std::unique_ptr<MessageInput> make_rated_input(std::unique_ptr<MessageInput> input, double rate);

}  // namespace mailpipe::app
