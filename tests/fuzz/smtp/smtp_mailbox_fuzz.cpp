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
    for (const bool utf8 : {false, true}) {
        for (const auto parse : {&parse_reverse_path, &parse_forward_path}) {
            if (const auto path = parse(text, utf8)) {
                require(path->length <= size);
                check(path->mailbox, utf8);
            }
        }
    }
    ServerExtensions offered;
    offered.dsn = offered.priority = offered.require_tls = true;
    offered.deliver_by_minimum = 1;
    offered.max_hold_for = 1000;
    if (const auto command = parse_command(text)) {
        if (const auto mail = parse_mail(command->argument, true, offered)) check(mail->reverse_path, true);
        if (const auto rcpt = parse_rcpt(command->argument, true, true, offered)) check(rcpt->recipient, true);
    }
    return 0;
}
