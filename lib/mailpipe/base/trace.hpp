#pragma once

#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Receives the protocol dialogue line by line, without line ends, credentials already replaced by "***".
// Sessions call it; a message body is one line such as "[1234 octets]".
class MAILPIPE_EXPORT Trace {
 public:
    virtual ~Trace() = default;
    virtual void client_line(std::string_view line) = 0;
    virtual void server_line(std::string_view line) = 0;
};

}  // namespace mailpipe
