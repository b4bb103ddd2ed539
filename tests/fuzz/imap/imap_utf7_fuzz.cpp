#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/modified_utf7.hpp"

// What decodes is UTF-8 and encodes to the same octets; what encodes is printable ASCII and decodes to the same
// name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailpipe;
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    if (const auto name = imap::decode_mailbox_name(octets)) {
        if (!is_utf8(*name)) std::abort();
        const auto wire = imap::encode_mailbox_name(*name);
        if (!wire || *wire != octets) std::abort();
    }
    const auto wire = imap::encode_mailbox_name(octets);
    if (wire.has_value() != is_utf8(octets)) std::abort();
    if (!wire) return 0;
    for (const char c : *wire) {
        if (c < 0x20 || c > 0x7E) std::abort();
    }
    const auto name = imap::decode_mailbox_name(*wire);
    if (!name || *name != octets) std::abort();
    return 0;
}
