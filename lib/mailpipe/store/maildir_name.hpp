#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "mailpipe/store/mailbox.hpp"

// File names of a Maildir (cr.yp.to/proto/maildir.html; S= and W= as Maildir++ and Dovecot write them):
//
//     base = secs ".M" usec "P" pid "Q" n "R" random "." host ",S=" size ",W=" wire-size
//     name = base [":2," flags]
//
// Pure functions but for next(), which reads the clock.
namespace mailpipe::store {

// Makes unique bases: a process may hold several.
class MaildirNames {
 public:
    MaildirNames();
    // Without ",S=" and ",W=".
    std::string next();

 private:
    std::string random_;
    std::string host_;
    std::uint64_t count_ = 0;
};

std::string with_sizes(const std::string& base, std::uint64_t disk_size, std::uint64_t crlf_size);

// The part before the colon.
std::string_view base_of(std::string_view name);
// What W= says.
std::optional<std::uint64_t> crlf_size_of(std::string_view base);
// By arrival: seconds, microseconds, delivery number, then the name itself.
std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::string_view> arrival_key(std::string_view base);

// Flags in ASCII order; keywords without a letter are left out.
std::string encode_flags(const Keywords& keywords);
Keywords parse_flags(std::string_view name);
void add_flags(std::string_view name, Keywords& keywords);
bool has_flag_letter(std::string_view keyword);
// The name with its flags changed; letters without a meaning here (Dovecot's keywords) stay.
std::string with_flags(std::string_view name, const FlagChange& change);

}  // namespace mailpipe::store
