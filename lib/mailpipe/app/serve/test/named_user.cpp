#include "mailpipe/app/serve/test/named_user.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {

// authzid NUL authcid NUL password; "n,,n=user,r=..."; "user=..^A".
std::string named_user(std::string_view mechanism, const std::string& message) {
    if (mechanism == "PLAIN") {
        const auto parts = ascii::split(message, '\0');
        return parts.size() == 3 ? std::string(parts[1]) : "";
    }
    if (mechanism == "LOGIN") return message;
    if (mechanism == "CRAM-MD5") return message.substr(0, message.find(' '));
    for (const std::string_view part : ascii::split(message, mechanism == "XOAUTH2" ? '\x01' : ',')) {
        if (part.starts_with("n=") || part.starts_with("a=")) return std::string(part.substr(2));
        if (part.starts_with("user=")) return std::string(part.substr(5));
    }
    return {};
}

}  // namespace mailpipe::app::serve
