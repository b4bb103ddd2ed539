#include "mailpipe/pop3/capabilities.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::pop3 {

// capa-tag = 1*cchar; capability = capa-tag *(SP param) (RFC 2449 section 3)
void Capabilities::add(std::string_view line) {
    const auto words = ascii::split_words(line);
    if (words.empty()) return;
    const std::string tag = ascii::to_upper(words[0]);
    if (tag == "TOP") {
        top = true;
    } else if (tag == "USER") {
        user = true;
    } else if (tag == "UIDL") {
        uidl = true;
    } else if (tag == "STLS") {
        stls = true;
    } else if (tag == "PIPELINING") {
        pipelining = true;
    } else if (tag == "RESP-CODES") {
        resp_codes = true;
    } else if (tag == "AUTH-RESP-CODE") {
        auth_resp_code = true;
    } else if (tag == "SASL") {
        for (std::size_t i = 1; i < words.size(); ++i)
            sasl.push_back(ascii::to_upper(words[i]));
    } else if (tag == "IMPLEMENTATION") {
        implementation = ascii::trim(ascii::trim(line).substr(words[0].size()));
    } else {
        other.emplace_back(line);
    }
}

}  // namespace mailpipe::pop3
