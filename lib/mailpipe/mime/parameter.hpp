#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/limit.hpp"

// Values with parameters: Content-Type (RFC 2045 section 5) and Content-Disposition (RFC 2183), with the
// continuations, charsets and languages of RFC 2231. Linear but for sorting the pieces of continued parameters.
namespace mailpipe::mime {

struct Parameter {
    std::string name;   // lower case
    std::string value;  // UTF-8; encoded words, which RFC 2047 forbids here, decoded all the same
    std::string
        raw;  // octets before any charset or encoded word is looked at; what a boundary is compared with
};

struct ParameterList {
    std::vector<Parameter> parameters;  // in the order in which they begin; names are unique
    bool problem = false;

    // "" when there is none.
    std::string_view find(std::string_view name) const;
    std::string_view find_raw(std::string_view name) const;
    bool has(std::string_view name) const;
};

struct ContentType {
    std::string type = "text";      // lower case, UTF-8
    std::string subtype = "plain";  // lower case, UTF-8
    ParameterList parameters;

    std::string full() const { return type + "/" + subtype; }
};

struct ContentDisposition {
    std::string type;  // lower case; empty when the field is absent or empty
    ParameterList parameters;
};

// token = 1*<any CHAR except SPACE, CTLs or tspecials> (RFC 2045 section 5.1).
bool is_token(std::string_view text);

// A value that is no type "/" subtype is text/plain, as RFC 2045 section 5.2 says, with its parameters. Of more than
// kFieldItems parameters, each piece of a continued one counted, the first are read, and `limits` says so.
MAILPIPE_EXPORT ContentType parse_content_type(std::string_view value, LimitSet* limits = nullptr);
MAILPIPE_EXPORT ContentDisposition parse_content_disposition(std::string_view value,
                                                             LimitSet* limits = nullptr);

// Parameters of either field as BODYSTRUCTURE of IMAP has them: undecoded, but the pieces of a continued one put together
// (RFC 2231 section 6), which then begins with its charset where its name ends with "*". Names are as written.
struct RawParameter {
    std::string name;
    std::string value;  // without quotes
};
std::vector<RawParameter> parse_raw_parameters(std::string_view value);

}  // namespace mailpipe::mime
