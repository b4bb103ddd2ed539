#include "mailpipe/app/serve/smtp/srs.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <vector>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kHashLength = 8;  // 40 bits
constexpr unsigned kDays = 1024;        // two digits
constexpr unsigned kLifetime = 21;      // days: more than any queue keeps a message
constexpr std::string_view kFirst = "SRS0=";
constexpr std::string_view kAgain = "SRS1=";

unsigned day_of(std::time_t now) {
    return static_cast<unsigned>(now / 86'400) % kDays;
}

std::string encode_day(unsigned day) {
    return {kBase32[day / 32], kBase32[day % 32]};
}

std::optional<unsigned> parse_day(std::string_view text) {
    if (text.size() != 2) return std::nullopt;
    const std::size_t high = kBase32.find(ascii::upper(text[0]));
    const std::size_t low = kBase32.find(ascii::upper(text[1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(high * 32 + low);
}

// Up to `count` pieces between "="; the last has the rest.
std::vector<std::string_view> fields(std::string_view text, std::size_t count) {
    std::vector<std::string_view> found;
    while (found.size() + 1 < count) {
        const std::size_t end = text.find('=');
        if (end == std::string_view::npos) break;
        found.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    found.push_back(text);
    return found;
}

Fail not_ours() {
    return fail(Errc::no_user, "the forwarding address is not one of this host");
}

}  // namespace

bool Srs::is_rewritten(std::string_view local_part) {
    return ascii::starts_with_ignore_case(local_part, kFirst) ||
           ascii::starts_with_ignore_case(local_part, kAgain);
}

std::string Srs::hash(std::string_view text) const {
    const std::string lower = ascii::to_lower(text);
    const std::string_view key = secret_.reveal();
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(lower.data()), lower.size(), digest.data(), &length);
    std::string out;
    for (std::size_t i = 0; i < kHashLength; ++i)
        out += kBase32[digest[i] % 32];
    return out;
}

smtp::Mailbox Srs::forward(const smtp::Mailbox& sender, std::time_t now) const {
    if (sender.is_null() || sender.domain == domain_) return sender;
    if (ascii::starts_with_ignore_case(sender.local_part, kFirst)) {
        const std::string text = sender.domain + "==" + sender.local_part.substr(kFirst.size());
        return {std::string(kAgain) + hash(text) + '=' + text, domain_};
    }
    if (ascii::starts_with_ignore_case(sender.local_part, kAgain)) {
        // The first that forwarded it knows the sender: those in between need not hear of it again.
        const std::string_view text = sender.local_part;
        const std::size_t behind_hash = text.find('=', kAgain.size());
        if (behind_hash != std::string_view::npos) {
            const std::string rest(text.substr(behind_hash + 1));
            return {std::string(kAgain) + hash(rest) + '=' + rest, domain_};
        }
    }
    const std::string text = encode_day(day_of(now)) + '=' + sender.domain + '=' + sender.local_part;
    return {std::string(kFirst) + hash(text) + '=' + text, domain_};
}

Result<smtp::Mailbox> Srs::reverse(std::string_view local_part, std::time_t now) const {
    const bool is_first = ascii::starts_with_ignore_case(local_part, kFirst);
    const auto hashed = fields(local_part.substr(kFirst.size()), 2);
    if (hashed.size() != 2 || !Secret(hash(hashed[1])).equals(ascii::to_upper(hashed[0]))) return not_ours();
    smtp::Mailbox sender;
    if (is_first) {
        const auto parts = fields(hashed[1], 3);
        const auto day = parts.size() == 3 ? parse_day(parts[0]) : std::nullopt;
        if (!day) return not_ours();
        if ((day_of(now) + kDays - *day) % kDays > kLifetime)
            return fail(Errc::no_user, "the forwarding address has expired");
        sender = {std::string(parts[2]), std::string(parts[1])};
    } else {
        const std::size_t separator = hashed[1].find("==");
        if (separator == std::string_view::npos) return not_ours();
        sender = {std::string(kFirst) + std::string(hashed[1].substr(separator + 2)),
                  std::string(hashed[1].substr(0, separator))};
    }
    // The hash says that this host made it; the parser says that it is an address.
    auto parsed = smtp::parse_return_path('<' + sender.encode() + '>');
    if (!parsed) return not_ours();
    return std::move(*parsed);
}

}  // namespace mailpipe::app::serve
