#include "mailpipe/app/send/message_defaults.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app {

mime::DateTime local_now() {
    const std::time_t now = std::time(nullptr);
    struct tm local {};
    ::localtime_r(&now, &local);
    const long zone = local.tm_gmtoff / 60;
    mime::DateTime date = mime::utc_date(static_cast<std::int64_t>(now) + zone * 60);
    date.zone_minutes = static_cast<int>(zone);
    return date;
}

Result<std::string> random_token() {
    std::array<char, 16> octets{};
    if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size()))
        return fail_errno(errno, "no random octets for a Message-ID");
    return encode_hex({octets.data(), octets.size()});
}

std::string domain_for_id(const std::string& address) {
    const std::size_t at = address.rfind('@');
    const std::string domain = at == std::string::npos ? "" : address.substr(at + 1);
    const bool usable = !domain.empty() && std::all_of(domain.begin(), domain.end(), [](char c) {
        return ascii::is_alnum(c) || c == '-' || c == '.';
    });
    return usable ? domain : "localhost";
}

}  // namespace mailpipe::app
