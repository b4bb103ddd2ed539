#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/mime/header.hpp"

// The properties "header:NAME", "header:NAME:asFORM" and "header:NAME:asFORM:all" of RFC 8621 section 4.1.2
// and 4.1.3.
namespace mailpipe::email {

enum class HeaderForm { raw, text, addresses, grouped_addresses, message_ids, date, urls };

struct HeaderProperty {
    std::string property;  // as it was asked for; the key in the object
    std::string name;      // of the field
    HeaderForm form = HeaderForm::raw;
    bool all = false;  // an array with one element for each such field, in order; else the last one, or null
};

// Whether it begins with "header:".
MAILPIPE_EXPORT bool is_header_property(std::string_view property);
// Error usage: an empty or impossible field name, a form that is not known or that RFC 8621 does not allow for
// this field, anything behind ":all".
MAILPIPE_EXPORT Result<HeaderProperty> parse_header_property(std::string_view property);

// A form that cannot be parsed (message ids, dates, URLs) is null.
MAILPIPE_EXPORT Json header_value(const mime::Header& header, const HeaderProperty& property);

// A name of an address or group as RFC 8621 section 4.1.2.3 has it: without white space at the ends, which a quoted
// string may have, in NFC. "" stands for null.
std::string display_name(std::string_view name);
// The Text form: decoded, without leading white space, in NFC.
std::string text_form(std::string_view value);

}  // namespace mailpipe::email
