#include "mailpipe/pop3/capabilities.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::pop3 {
namespace {

constexpr std::uint64_t kLongestDelay = 86'400;  // a day; what is more is no delay but a mistake

}  // namespace

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
    } else if (tag == "UTF8") {
        utf8 = true;
    } else if (tag == "LANG") {
        lang = true;
    } else if (tag == "RESP-CODES") {
        resp_codes = true;
    } else if (tag == "AUTH-RESP-CODE") {
        auth_resp_code = true;
    } else if (tag == "LOGIN-DELAY") {
        const auto seconds = words.size() > 1 ? ascii::parse_number(words[1]) : std::nullopt;
        login_delay = static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds.value_or(0), kLongestDelay));
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
