#include "mailpipe/app/send/message_defaults.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/mime/field_encode.hpp"

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

Result<std::string> missing_fields(const mime::Header& header, const mime::Address& author) {
    std::string fields;
    if (header.find("Message-ID") == nullptr) {
        auto token = random_token();
        if (!token) return token;
        auto field = mime::encode_message_id_field("Message-ID", {*token + "@" + domain_for_id(author.email)});
        if (!field) return field;
        fields += *field;
    }
    if (header.find("Date") == nullptr) fields += "Date: " + mime::encode_date(local_now()) + "\r\n";
    if (!author.email.empty() && header.find("From") == nullptr) {
        auto field = mime::encode_address_field("From", {{std::nullopt, {author}}});
        if (!field) return field;
        fields += *field;
    }
    return fields;
}

}  // namespace mailpipe::app
