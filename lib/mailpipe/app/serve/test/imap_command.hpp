#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailpipe::app::serve {

// The first line of a command, as far as a Tap has to understand it.
struct ImapCommand {
    std::string tag;
    std::string verb;           // upper case, without UID
    std::string name;           // of the user or the mailbox that it names, as it is written; empty: none
    bool name_follows = false;  // in the literal behind the line
    std::size_t name_end = 0;   // offset in the line behind the name; 0: none
};

// `line` is without CRLF.
ImapCommand parse_imap_command(std::string_view line);

bool is_append(std::string_view verb);  // a message comes with it: APPEND, REPLACE

}  // namespace mailpipe::app::serve
