#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "mailpipe/app/serve/test/imap_segments.hpp"

namespace mailpipe::app::serve {

// The tags of a recorded IMAP dialogue, which another client, or the same one another time, does not choose alike.
// Lines are those of the recording, in its order.
class ReplayTags {
 public:
    // Whether the client may say `got` where it said `expected`: a command may have another tag, if always the same.
    bool matches(std::string_view expected, std::string_view got);
    // What the server says, with the tags of this client.
    std::string server_octets(std::string_view octets);

 private:
    ImapSegments client_;
    ImapSegments server_;
    std::map<std::string, std::string, std::less<>> tags_;  // recorded: in use
};

}  // namespace mailpipe::app::serve
