#pragma once

#include <string>
#include <string_view>

#include "mailpipe/mime/header.hpp"

namespace mailpipe::imap::server {

// The env-list of a header that is parsed (RFC 9051 section 7.5.2).
void write_envelope(std::string& out, const mime::Header& header);

// nstring of a field's value: unfolded, without white space at its ends and without NUL; NIL for nullptr.
void write_field(std::string& out, const mime::Field* field);
// A string of any octets; NUL, which no string holds (CHAR8 of RFC 9051 section 9), is left out.
void write_any_string(std::string& out, std::string_view text);

}  // namespace mailpipe::imap::server
