#include <algorithm>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {

std::string header_view(std::string_view header) {
    std::string out;
    for (const mime::Field& field : mime::parse_header(header).fields) {
        std::string value = mime::decode_text(field.value).text;
        // An encoded word may hold a line end, which would forge a field of its own.
        std::replace_if(
            value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
        out += std::string(field.name) + ": " + value + "\n";
    }
    return out;
}

}  // namespace mailpipe::app
