#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe::pop3 {

// What CAPA lists (RFC 2449; STLS RFC 2595, SASL RFC 5034, UTF8 and LANG RFC 6856). Unknown lines are kept in `other`.
struct MAILPIPE_EXPORT Capabilities {
    bool top = false;
    bool user = false;
    bool uidl = false;
    bool stls = false;
    bool pipelining = false;
    bool utf8 = false;
    bool lang = false;
    bool resp_codes = false;
    bool auth_resp_code = false;
    std::uint32_t login_delay = 0;  // seconds between two logins
    std::vector<std::string> sasl;  // upper case
    std::string implementation;
    std::vector<std::string> other;

    // Takes one line of the listing, without its line end and transparency dot.
    void add(std::string_view line);
};

}  // namespace mailpipe::pop3
