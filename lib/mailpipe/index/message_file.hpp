#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::index {

// CRLF text of a file that is open.
std::unique_ptr<store::MessageReader> read_message_file(store::Fd file, const std::string& what);
Result<std::string> read_message_text(const store::Fd& file, const std::string& what);
// Up to its first empty line, or whole where it has none.
Result<std::string> read_message_header(const store::Fd& file, const std::string& what);
Result<std::uint64_t> read_crlf_size(const store::Fd& file, const std::string& what);

}  // namespace mailpipe::index
