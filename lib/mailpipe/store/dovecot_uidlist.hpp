#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace mailpipe::store {

// Dovecot's dovecot-uidlist:
//
//   header = "3 V" uidvalidity " N" nextuid *(" " field)            ; version 1: "1 " uidvalidity " " nextuid
//   line   = uid *(" " field) " :" filename                         ; version 1: uid " " filename
//   field  = "P" UIDL (of a server before Dovecot) / "W" CRLF-size / other
struct DovecotUidlistHeader {
    std::uint32_t uid_validity = 0;
    std::uint32_t uid_next = 1;  // 1 where it is not said
};
struct DovecotUidlistLine {
    std::uint32_t uid = 0;
    std::string_view filename;
    std::optional<std::string_view> uidl;
    std::optional<std::uint64_t> size;
};

// Lines that do not fit are passed over, and the last where it has no end. nullopt: there is no header.
std::optional<DovecotUidlistHeader> parse_dovecot_uidlist(
    std::string_view text, const std::function<void(const DovecotUidlistLine&)>& use);

}  // namespace mailpipe::store
