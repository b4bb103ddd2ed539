#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailpipe::app {

// A file name for what a sender called `name` (threats.md, path traversal by attachment): the last component of any
// path, of at most 200 octets of UTF-8 with the extension kept; no control, bidirectional or separator character, no
// leading "." or "-", never "." or "..". `fallback` when nothing is left.
std::string extracted_name(std::string_view name, std::string_view fallback);

// "report.pdf", 2 -> "report-2.pdf"
std::string numbered_name(std::string_view name, std::size_t number);

}  // namespace mailpipe::app
