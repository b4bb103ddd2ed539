#pragma once

#include <memory>

#include "mailpipe/app/message_input.hpp"

namespace mailpipe::app {

// Email objects, one a line, each becomes the message that it describes (email/message_from_json.hpp); one with
// `raw` is a message already. Date is now, in this host's zone, and Message-ID is made up where the object has none.
// A line may have limits::kEmailObject octets and is held whole. Errors of next(): io; temporary when a signal asks
// to stop; data with the line number for a record that describes no message (the next call goes on behind it).
std::unique_ptr<MessageInput> make_from_json_input(int fd);

}  // namespace mailpipe::app
