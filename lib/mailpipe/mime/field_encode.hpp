#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/parameter.hpp"

// Whole header fields with their CRLF, from values in UTF-8. Lines are folded at 78 octets where the syntax lets
// them be, and have never more than 998 (RFC 5322 section 2.1.1). What is not ASCII goes into encoded words
// (RFC 2047) or extended parameters (RFC 2231); the local part and domain of an address stay as they are
// (RFC 6532). Each function's parser reads back what went in. Error data, naming the field: a value that cannot
// stand in a header, above all one with CR, LF or NUL (threats.md: CR, LF, NUL in addresses, names, JSON).
namespace mailpipe::mime {

// field-name = 1*ftext ; ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8)
bool is_field_name(std::string_view name);

// Subject, Comments and the like (RFC 5322 section 3.6.5). White space at the start goes.
MAILPIPE_EXPORT Result<std::string> encode_text_field(std::string_view name, std::string_view text);

// From, To and the like (RFC 5322 section 3.4): groups as they are.
MAILPIPE_EXPORT Result<std::string> encode_address_field(std::string_view name,
                                                         const std::vector<AddressGroup>& groups);

// Message-ID, In-Reply-To, References, Content-ID: ids without their angle brackets.
MAILPIPE_EXPORT Result<std::string> encode_message_id_field(std::string_view name,
                                                            const std::vector<std::string>& ids);

// "Thu, 24 Nov 2026 18:00:00 +0000"
MAILPIPE_EXPORT std::string encode_date(const DateTime& date);

// The URLs of RFC 2369 in angle brackets, with commas between them.
MAILPIPE_EXPORT Result<std::string> encode_url_field(std::string_view name,
                                                     const std::vector<std::string>& urls);

// Content-Type, Content-Disposition: `value` is "text/plain", "attachment". Long values are continued.
MAILPIPE_EXPORT Result<std::string> encode_parameter_field(std::string_view name, std::string_view value,
                                                           const std::vector<Parameter>& parameters);

// A value that is encoded already and may be folded: `raw` begins behind the colon. No NUL; each line end, CRLF
// or LF, in front of white space and none at the end; no line over 998 octets; `name` is a field name.
MAILPIPE_EXPORT Result<std::string> encode_raw_field(std::string_view name, std::string_view raw);

}  // namespace mailpipe::mime
