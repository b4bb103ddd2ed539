#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/store/mailbox.hpp"

// Flags of a message in an mbox, as mutt, Dovecot and others keep them in two fields of its header: Status (R
// read, O old) and X-Status (A answered, F flagged, T draft, D deleted).
namespace mailpipe::store {

// Which of the letters with a meaning are there, a bit for each.
using StatusSet = std::uint8_t;
// `letters` are those of either field or of both.
StatusSet status_set(std::string_view letters);
Keywords keywords_of(StatusSet letters);
bool has_status_letter(std::string_view keyword);

// A header with its fields changed, and the flags that it then has. All fields but these two stay as they are,
// octet for octet; these two come last, and letters without a meaning here stay in them.
struct StatusHeader {
    std::string text;
    Keywords keywords;
};
// `header` is lines as they stand in the file, without the empty line behind them.
StatusHeader change_status(std::string_view header, const FlagChange& change);

}  // namespace mailpipe::store
