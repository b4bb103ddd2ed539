#include "mailpipe/store/maildir_name.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::store {
namespace {

struct FlagName {
    char flag;
    std::string_view keyword;
};
constexpr std::array<FlagName, 6> kFlags{{{'D', "$draft"},
                                          {'F', "$flagged"},
                                          {'P', "$forwarded"},
                                          {'R', "$answered"},
                                          {'S', "$seen"},
                                          {'T', "$deleted"}}};

std::uint64_t digits_after(std::string_view text, char letter) {
    std::size_t at = text.find(letter);
    if (at == std::string_view::npos) return 0;
    std::size_t end = ++at;
    while (end < text.size() && ascii::is_digit(text[end]))
        ++end;
    return ascii::parse_number(text.substr(at, end - at)).value_or(0);
}

}  // namespace

MaildirNames::MaildirNames() {
    // Two hosts that share a name and a pid (containers on one volume) still differ.
    std::array<char, 4> octets{};
    if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) octets.fill('\0');
    random_ = encode_hex(std::string_view(octets.data(), octets.size()));
    for (const char c : host_name()) {
        if (c == '/') {
            host_ += "\\057";
        } else if (c == ':') {
            host_ += "\\072";
        } else if (!ascii::is_space(c) && !ascii::is_control(c) && c != ',') {
            host_ += c;
        }
    }
}

std::string MaildirNames::next() {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::to_string(now.tv_sec) + ".M" + std::to_string(now.tv_nsec / 1000) + "P" +
           std::to_string(::getpid()) + "Q" + std::to_string(++count_) + "R" + random_ + "." + host_;
}

std::string with_sizes(const std::string& base, std::uint64_t disk_size, std::uint64_t crlf_size) {
    return base + ",S=" + std::to_string(disk_size) + ",W=" + std::to_string(crlf_size);
}

std::string_view base_of(std::string_view name) {
    return name.substr(0, name.find(':'));
}

std::optional<std::uint64_t> crlf_size_of(std::string_view base) {
    const std::size_t at = base.find(",W=");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = base.substr(at + 3);
    return ascii::parse_number(rest.substr(0, rest.find(',')));
}

std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::string_view> arrival_key(std::string_view base) {
    const std::size_t dot = base.find('.');
    if (dot == std::string_view::npos) return {0, 0, 0, base};
    const std::string_view rest = base.substr(dot + 1);
    const std::string_view middle = rest.substr(0, rest.find('.'));
    return {ascii::parse_number(base.substr(0, dot)).value_or(0), digits_after(middle, 'M'),
            digits_after(middle, 'Q'), base};
}

std::string encode_flags(const Keywords& keywords) {
    std::string flags;
    for (const auto& known : kFlags) {
        if (std::find(keywords.begin(), keywords.end(), known.keyword) != keywords.end()) flags += known.flag;
    }
    return flags;
}

bool has_flag_letter(std::string_view keyword) {
    return std::any_of(kFlags.begin(), kFlags.end(),
                       [keyword](const FlagName& known) { return known.keyword == keyword; });
}

std::string with_flags(std::string_view name, const FlagChange& change) {
    const std::size_t info = name.find(":2,");
    std::string flags = info == std::string_view::npos ? std::string() : std::string(name.substr(info + 3));
    for (const char flag : encode_flags(change.add)) {
        if (flags.find(flag) == std::string::npos) flags += flag;
    }
    for (const char flag : encode_flags(change.remove))
        std::erase(flags, flag);
    std::sort(flags.begin(), flags.end());
    return std::string(base_of(name)) + ":2," + flags;
}

Keywords parse_flags(std::string_view name) {
    Keywords keywords;
    add_flags(name, keywords);
    return keywords;
}

void add_flags(std::string_view name, Keywords& keywords) {
    const std::size_t info = name.find(":2,");
    if (info == std::string_view::npos) return;
    const std::string_view flags = name.substr(info + 3);
    for (const auto& known : kFlags) {
        if (flags.find(known.flag) != std::string_view::npos) keywords.emplace_back(known.keyword);
    }
}

}  // namespace mailpipe::store
