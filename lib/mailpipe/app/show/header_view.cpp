#include "mailpipe/app/show/views.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {

std::string header_view(std::string_view header) {
    std::string out;
    for (const mime::Field& field : mime::parse_header(header).fields) {
        out += std::string(field.name) + ": " + one_line(mime::decode_text(field.value).text) + "\n";
    }
    return out;
}

}  // namespace mailpipe::app
