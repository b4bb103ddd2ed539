#include "mailpipe/email/text_value.hpp"

#include <algorithm>
#include <cstring>

namespace mailpipe::email {

mime::DecodedText text_value(std::string_view octets, const mime::Part& part) {
    mime::DecodedText decoded = mime::decode_charset(octets, part.type.parameters.find("charset"));
    std::string& text = decoded.text;
    std::size_t to = 0;
    std::size_t from = 0;
    while (from < text.size()) {
        std::size_t end = text.find('\r', from);
        if (end == std::string::npos) end = text.size();
        // A CR of CRLF goes; any other one is text.
        const bool dropped = end + 1 < text.size() && text[end + 1] == '\n';
        const std::size_t kept = std::min(end + (dropped ? 0 : 1), text.size()) - from;
        if (to != from) std::memmove(text.data() + to, text.data() + from, kept);
        to += kept;
        from = end + 1;
    }
    text.resize(to);
    return decoded;
}

}  // namespace mailpipe::email
