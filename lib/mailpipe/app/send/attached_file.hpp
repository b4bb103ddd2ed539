#pragma once

#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/mime/builder.hpp"

namespace mailpipe::app {

// All octets of a file, "-" of stdin. Errors: those of the system; limit kShownMessage.
Result<std::string> read_whole_file(const std::string& path);

// A file as a leaf of a message, with its name (without directories) and the type that its extension says; text that is
// UTF-8 as text, what cannot be text as application/octet-stream. `disposition` is "attachment" or "inline"; inline gets
// the name as its Content-ID, percent-encoded, as a URL "cid:NAME" names it (RFC 2392). Errors: those of read_whole_file().
Result<mime::Entity> make_attached_file(const std::string& path, const std::string& disposition);

}  // namespace mailpipe::app
