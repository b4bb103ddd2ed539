#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/smtp/command.hpp"
#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/types.hpp"

using namespace mailpipe::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const Mailbox& mailbox, bool utf8) {
    const std::string encoded = mailbox.encode();
    require(encoded.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    if (mailbox.is_null() || mailbox.domain.empty()) return;
    const auto again = parse_mailbox(encoded, utf8);
    // A long reverse-path is the one thing that a path may have and a user may not write.
    require(again ? *again == mailbox : again.error().message.find("longer") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const bool utf8 : {false, true}) {
        if (const auto mailbox = parse_mailbox(text, utf8)) check(*mailbox, utf8);
    }
    for (const auto parse : {&parse_reverse_path, &parse_forward_path}) {
        if (const auto path = parse(text)) {
            require(path->length <= size);
            check(path->mailbox, false);
        }
    }
    if (const auto command = parse_command(text)) {
        (void)parse_mail(command->argument, true);
        if (const auto recipient = parse_rcpt(command->argument)) check(*recipient, false);
    }
    return 0;
}
