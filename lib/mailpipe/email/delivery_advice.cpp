#include "mailpipe/email/delivery_advice.hpp"

#include <array>
#include <utility>

namespace mailpipe::email {
namespace {

// By subject and detail, else by subject.
constexpr auto kAdvice = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"1.1",
     "Look at the address once more; if it is right, ask the recipient in another way for the present one."},
    {"1.2", "Look at what follows the @ once more; the domain may be misspelled or gone."},
    {"1.6", "Ask the recipient in another way for the present address."},
    {"1.7", "Your own address is not accepted; ask those who run your mail system."},
    {"1.8", "Your own address is not accepted; ask those who run your mail system."},
    {"1.10", "The domain is not for mail; ask the recipient in another way for an address."},
    {"1", "Look at the address once more."},
    {"2.1", "The recipient cannot get mail there any more, or for now; ask in another way."},
    {"2.2", "Send it again later, or tell the recipient in another way to make room."},
    {"2.3", "Send it with smaller attachments, or a link to them."},
    {"2", "Ask the recipient in another way what is the matter."},
    {"3.4", "Send it with smaller attachments, or a link to them."},
    {"3", "Send it again later; if it fails again, tell the recipient in another way."},
    {"4.1", "The recipient's mail system cannot be reached; send it again later."},
    {"4.3", "The domain's name servers do not answer as they should; send it again later."},
    {"4.4", "The recipient's mail system cannot be found; send it again later."},
    {"4.6", "The message went in circles; tell those who run the mail system of the recipient's domain."},
    {"4", "Send it again later."},
    {"5", "Tell those who run your mail system: the two servers do not understand each other."},
    {"6.7", "The recipient's mail system takes ASCII addresses only; write from and to such addresses."},
    {"6", "Send it in a simpler form, as plain text without attachments."},
    {"7", "The recipient's mail system does not want it; what it says tells why, or whom to ask."},
});

}  // namespace

std::string_view delivery_advice(std::string_view status, bool final) {
    if (!final) return "It is tried again without your doing.";
    const std::size_t dot = status.find('.');
    const std::string_view detail = dot == std::string_view::npos ? status : status.substr(dot + 1);
    const std::string_view subject = detail.substr(0, detail.find('.'));
    for (const std::string_view key : {detail, subject}) {
        for (const auto& [code, advice] : kAdvice) {
            if (code == key) return advice;
        }
    }
    return "What the server says tells why, or whom to ask.";
}

}  // namespace mailpipe::email
