#pragma once

#include <optional>
#include <string>
#include <string_view>

// One record of a journal as it stands on disk: "CRC32 RECORD\n", the checksum in 8 lower-case hex digits. A line that a
// crash tore is told from one that was written whole.
namespace mailpipe::store {

// Appends the line to `text`. `record` has no line end.
void encode_journal_line(std::string_view record, std::string& text);

// The record of a line without its end, which it points into; nullopt where the line was not written whole.
std::optional<std::string_view> parse_journal_line(std::string_view line);

}  // namespace mailpipe::store
