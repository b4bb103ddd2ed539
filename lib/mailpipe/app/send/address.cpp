#include "mailpipe/app/send/address.hpp"

#include <idn2.h>

#include <memory>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

Result<smtp::Mailbox> parse_address(const std::string& text) {
    auto mailbox = smtp::parse_mailbox(text, true);
    if (!mailbox || ascii::is_ascii(mailbox->domain)) return mailbox;
    char* found = nullptr;
    const int code = ::idn2_to_ascii_8z(mailbox->domain.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> label(found, ::idn2_free);
    if (code != IDN2_OK)
        return fail(Errc::data,
                    "domain " + mailbox->domain + " is not an internationalised one: " + ::idn2_strerror(code));
    return smtp::parse_mailbox(smtp::Mailbox{mailbox->local_part, label.get()}.encode(), true);
}

}  // namespace mailpipe::app
