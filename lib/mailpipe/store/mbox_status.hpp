#pragma once

#include <string>
#include <string_view>

#include "mailpipe/store/mailbox.hpp"

// Flags of a message in an mbox, as mutt, Dovecot and others keep them in two fields of its header: Status (R
// read, O old) and X-Status (A answered, F flagged, T draft, D deleted).
namespace mailpipe::store {

// `letters` are those of both fields.
Keywords keywords_of_status(std::string_view letters);
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
