#include "mailpipe/email/text_value.hpp"

namespace mailpipe::email {

mime::DecodedText text_value(std::string_view octets, const mime::Part& part) {
    mime::DecodedText decoded = mime::decode_charset(octets, part.type.parameters.find("charset"));
    std::string& text = decoded.text;
    std::size_t to = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        if (text[from] == '\r' && from + 1 < text.size() && text[from + 1] == '\n') continue;
        text[to++] = text[from];
    }
    text.resize(to);
    return decoded;
}

}  // namespace mailpipe::email
