#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mailpipe/dns/mail_hosts.hpp"
#include "mailpipe/dns/name.hpp"
#include "mailpipe/dns/records.hpp"

using namespace mailpipe::dns;

namespace {

// What a record names can be asked for, or it is the root.
void require_name(const std::string& name) {
    if (name != "." && canonical_name(name).value_or("") != name) std::abort();
}

}  // namespace

// The first octet chooses the parser, the rest is the data of a record or a text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rdata(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 7) {
        case 0:
            if (const auto mx = parse_mx(rdata)) require_name(mx->exchange);
            break;
        case 1:
            if (const auto srv = parse_srv(rdata)) require_name(srv->target);
            break;
        case 2:
            if (const auto tlsa = parse_tlsa(rdata); tlsa && tlsa->data.size() + 3 != rdata.size())
                std::abort();
            break;
        case 3:
            static_cast<void>(parse_address(rdata.size() > 4 ? Type::aaaa : Type::a, rdata));
            break;
        case 4:
            if (const auto text = parse_txt(rdata); text && text->size() >= rdata.size()) std::abort();
            break;
        case 5:
            if (const auto name = parse_name(rdata)) require_name(*name);
            break;
        default:
            if (const auto name = canonical_name(rdata)) require_name(*name);
            static_cast<void>(parse_address_literal(rdata));
            break;
    }
    return 0;
}
