#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/limit.hpp"

namespace mailpipe::mime {

struct Address {
    std::string name;   // decoded (RFC 2047), UTF-8; empty when there is none
    std::string email;  // addr-spec, local part as written
    bool operator==(const Address&) const = default;
};

struct AddressGroup {
    std::optional<std::string> name;  // nullopt: addresses outside of any group
    std::vector<Address> addresses;
};

// RFC 5322 section 3.4 with the obsolete forms of 4.4, lenient and linear in time. `value` is a raw field
// value. The first kFieldItems addresses and groups; when there are more, `limits` says so.
MAILPIPE_EXPORT std::vector<AddressGroup> parse_address_list(std::string_view value,
                                                             LimitSet* limits = nullptr);
// Calls use() with the name and the email of each address instead, groups or not.
using UseAddress = std::function<void(std::string_view name, std::string_view email)>;
void for_each_address(std::string_view value, const UseAddress& use, LimitSet* limits = nullptr);
// The same list, but encoded words stay as they are, and so do octets that are no UTF-8, as an ENVELOPE of IMAP wants them.
std::vector<AddressGroup> parse_raw_address_list(std::string_view value);
MAILPIPE_EXPORT std::vector<Address> flatten(const std::vector<AddressGroup>& groups);

}  // namespace mailpipe::mime
