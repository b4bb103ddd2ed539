#include "mailpipe/app/send/header_envelope.hpp"

#include <set>
#include <string_view>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/address.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kResent = "Resent-";

// The fields of the topmost block of Resent- fields, without that prefix. A block ends where a name comes
// again.
std::vector<mime::Field> resent_fields(const mime::Header& header) {
    std::vector<mime::Field> block;
    std::set<std::string> seen;
    for (mime::Field field : header.fields) {
        if (!ascii::starts_with_ignore_case(field.name, kResent)) continue;
        field.name.remove_prefix(kResent.size());
        if (!seen.insert(ascii::to_lower(field.name)).second) break;
        block.push_back(field);
    }
    return block;
}

std::optional<std::string> first_address(const std::vector<mime::Field>& fields, std::string_view name) {
    for (const mime::Field& field : fields) {
        if (!ascii::equals_ignore_case(field.name, name)) continue;
        for (mime::Address& address : mime::flatten(mime::parse_address_list(field.value))) {
            if (!address.email.empty()) return std::move(address.email);
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::pair<std::uint64_t, std::uint64_t>> find_blind_fields(const mime::Header& header) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blind;
    for (const mime::Field& field : header.fields) {
        if (ascii::equals_ignore_case(field.name, "Bcc") ||
            ascii::equals_ignore_case(field.name, "Resent-Bcc")) {
            blind.emplace_back(field.offset, field.length);
        }
    }
    return blind;
}

HeaderEnvelope read_header_envelope(const mime::Header& header) {
    HeaderEnvelope envelope;
    envelope.blind = find_blind_fields(header);
    const std::vector<mime::Field> resent = resent_fields(header);
    const std::vector<mime::Field>& fields = resent.empty() ? header.fields : resent;
    for (const mime::Field& field : fields) {
        const bool names_recipients = ascii::equals_ignore_case(field.name, "To") ||
                                      ascii::equals_ignore_case(field.name, "Cc") ||
                                      ascii::equals_ignore_case(field.name, "Bcc");
        if (!names_recipients) continue;
        for (mime::Address& address : mime::flatten(mime::parse_address_list(field.value))) {
            if (!address.email.empty()) envelope.recipients.push_back(std::move(address.email));
        }
    }
    envelope.sender = first_address(fields, "Sender");
    if (!envelope.sender) envelope.sender = first_address(fields, "From");
    return envelope;
}

}  // namespace mailpipe::app
