#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mailpipe/email/email.hpp"

// The table of mail-list: one line a message, cut to the width of the terminal.
namespace mailpipe::app {

std::string table_heading(std::size_t width);

// Flags (N unseen, R answered, F flagged, D deleted, T draft), date, from, subject with `branch` before it,
// size. `json` is an envelope. No control character of the message gets through. No line end.
std::string table_row(const email::Json& json, std::size_t width, std::string_view branch = {});

// "812", "13K", "1.2M"
std::string short_size(std::uint64_t octets);

}  // namespace mailpipe::app
