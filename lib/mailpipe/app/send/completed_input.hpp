#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/mime/address.hpp"

namespace mailpipe::app {

// How a message that a program hands to sendmail is completed.
struct Completion {
    mime::Address author;   // of From where the message has none
    bool dot_ends = false;  // a line of one dot ends the message
};

// One message, whatever it begins with, also an empty one. What is missing of From, Date and Message-ID comes before its
// header; a "From " line before that is dropped; a line that is no header field ends the header, as an empty line does.
// Text comes out as CRLF text. Error of next(): data for an author that no header can hold; else those of MessageInput.
std::unique_ptr<MessageInput> make_completed_input(int fd, Completion completion);

}  // namespace mailpipe::app
