#pragma once

#include "mailpipe/app/outgoing_text.hpp"

namespace mailpipe::app {

enum class Unfit {
    eight_bit,  // a body part with octets above 127
    long_line,  // a body part with a line of more than limits::kLongestLine octets
    binary      // a body part with a bare CR, a bare LF or a NUL: of BINARYMIME
};

// Writes `from` to `to`, and finishes that; body parts that are unfit become quoted-printable or base64, and everything
// above them is labelled by what it now holds (RFC 2045 section 6, RFC 6152 section 3). Two passes over `from`, with the
// headers of one part in memory. Errors: unsupported (8-bit text) or data (long lines), which says why, for what cannot be converted without being changed: a
// header that is unfit, a part of a multipart/signed, a part that is labelled as encoded already, text between parts;
// limit; those of OutgoingText.
Result<void> convert(OutgoingText& from, Unfit what, OutgoingText& to);

}  // namespace mailpipe::app
