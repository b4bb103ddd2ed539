#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/mime/header.hpp"

// What the reports about messages (delivery_report.hpp, disposition_report.hpp, feedback_report.hpp) are made of:
// groups of fields with an empty line between. Any octets; CRLF and LF.
namespace mailpipe::email {

// Groups without a field are left out.
std::vector<mime::Header> parse_field_groups(std::string_view text);

// The text of a field: decoded, unfolded, trimmed; "" when there is none.
std::string report_field(const mime::Header& group, std::string_view name);
std::vector<std::string> report_fields(const mime::Header& group, std::string_view name);

// RFC 3464 section 2.1.2:
//   typed-value = type ";" *text
struct TypedValue {
    std::string type;   // in lower case: "rfc822", "dns", "smtp"; "" when there is no ";"
    std::string value;  // the rest, trimmed; of an address type without "<" and ">"
};
TypedValue parse_typed_value(std::string_view text);

}  // namespace mailpipe::email
