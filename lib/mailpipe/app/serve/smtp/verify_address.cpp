#include "mailpipe/app/serve/smtp/verify_address.hpp"

#include <ctime>
#include <utility>

namespace mailpipe::app::serve {

smtp::Reply verify_address(const Recipients& recipients, const smtp::VerifyRequested& request) {
    std::string_view text = request.argument;
    if (text.size() > 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
    const bool has_domain = text.rfind('@') != std::string_view::npos;
    const auto mailbox =
        smtp::parse_mailbox(has_domain ? std::string(text) : recipients.address_of(std::string(text)).encode());
    if (!mailbox) return {501, "5.1.3", {"Not an address: " + mailbox.error().message}};
    if (!recipients.is_local(*mailbox)) return {252, "2.1.5", {"Not verified: the domain is not served here"}};
    const auto places = recipients.resolve(*mailbox, true, std::time(nullptr));
    if (!places) return places.error();
    if (!request.expand) return {250, "2.1.5", {'<' + mailbox->encode() + '>'}};
    smtp::Reply reply{250, "2.1.5", {}};
    for (const std::string& user : places->users)
        reply.lines.push_back('<' + recipients.address_of(user).encode() + '>');
    for (const smtp::Mailbox& elsewhere : places->elsewhere)
        reply.lines.push_back('<' + elsewhere.encode() + '>');
    return reply;
}

}  // namespace mailpipe::app::serve
