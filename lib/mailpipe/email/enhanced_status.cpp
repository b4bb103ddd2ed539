#include "mailpipe/email/enhanced_status.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::email {
namespace {

// Subject and detail, in the order of the registry.
constexpr auto kMeanings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"1.0", "something is wrong with the address"},
    {"1.1", "there is no such mailbox"},
    {"1.2", "there is no such host or domain"},
    {"1.3", "the address is not written as it must be"},
    {"1.4", "the address is ambiguous"},
    {"1.5", "the address is valid"},
    {"1.6", "the mailbox has moved and left no new address"},
    {"1.7", "the sender's address is not written as it must be"},
    {"1.8", "the sender's host or domain is not acceptable"},
    {"1.9", "the message went on to a mail system that sends no reports"},
    {"1.10", "the domain accepts no mail"},
    {"2.0", "something is wrong with the mailbox"},
    {"2.1", "the mailbox is disabled"},
    {"2.2", "the mailbox is full"},
    {"2.3", "the message is larger than the mailbox takes"},
    {"2.4", "the mailing list cannot be expanded"},
    {"3.0", "something is wrong with the mail system"},
    {"3.1", "the mail system is full"},
    {"3.2", "the mail system accepts no messages now"},
    {"3.3", "the mail system lacks a feature that the message needs"},
    {"3.4", "the message is too large for the mail system"},
    {"3.5", "the mail system is not configured correctly"},
    {"3.6", "the priority of the message was changed"},
    {"4.0", "something is wrong with the network"},
    {"4.1", "the host does not answer"},
    {"4.2", "the connection broke"},
    {"4.3", "the directory or name server failed"},
    {"4.4", "there is no route to the host"},
    {"4.5", "the mail system is overloaded"},
    {"4.6", "the message went in circles"},
    {"4.7", "it was tried for too long"},
    {"5.0", "something is wrong with the protocol"},
    {"5.1", "the command is not valid"},
    {"5.2", "the command was not understood"},
    {"5.3", "there are too many recipients"},
    {"5.4", "the arguments of the command are not valid"},
    {"5.5", "the protocol version is wrong"},
    {"5.6", "a line of the login is too long"},
    {"6.0", "something is wrong with the content"},
    {"6.1", "the kind of content is not accepted"},
    {"6.2", "the content would have to be converted, which is forbidden"},
    {"6.3", "the content would have to be converted, which is not possible"},
    {"6.4", "the content was converted with losses"},
    {"6.5", "the content could not be converted"},
    {"6.6", "the content is not available"},
    {"6.7", "addresses that are not ASCII are not accepted"},
    {"6.8", "the reply would not be ASCII"},
    {"6.9", "a header that is not ASCII is not accepted"},
    {"6.10", "the reply would not be ASCII"},
    {"7.0", "it is against a security rule"},
    {"7.1", "the message was refused"},
    {"7.2", "the sender may not write to the mailing list"},
    {"7.3", "the message would have to be secured, which is not possible"},
    {"7.4", "a security feature that is needed is missing"},
    {"7.5", "encryption failed"},
    {"7.6", "the kind of encryption is not known"},
    {"7.7", "the message was changed on its way"},
    {"7.8", "the login failed"},
    {"7.9", "the kind of login is too weak"},
    {"7.10", "the connection must be encrypted"},
    {"7.11", "the login must be encrypted"},
    {"7.12", "the password must be changed first"},
    {"7.13", "the account is disabled"},
    {"7.14", "the other mail system is not trusted"},
    {"7.15", "the priority of the message is too low"},
    {"7.16", "the message is too large for its priority"},
    {"7.17", "the mailbox belongs to somebody else now"},
    {"7.18", "the domain belongs to somebody else now"},
    {"7.19", "it cannot be told whether the mailbox belongs to somebody else now"},
    {"7.20", "no DKIM signature is valid"},
    {"7.21", "no DKIM signature is acceptable"},
    {"7.22", "no DKIM signature is the author's"},
    {"7.23", "the sending host is not one of the sender's domain (SPF)"},
    {"7.24", "the SPF record of the sender's domain is not usable"},
    {"7.25", "the name of the sending host does not fit its address"},
    {"7.26", "the message failed several checks of who sent it"},
    {"7.27", "the sender's domain accepts no mail"},
    {"7.28", "too much mail comes from the sender"},
    {"7.29", "the chain of signatures (ARC) is broken"},
    {"7.30", "the mail system cannot promise that the message stays encrypted"},
});

// Digits and a "." behind them, as long as `most`; 0 for none.
std::size_t digits(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && count < 4 && ascii::is_digit(text[count]))
        ++count;
    return count > 3 ? 0 : count;
}

// Octets of the code at the start of `text`, 0 for none.
std::size_t status_length(std::string_view text) {
    if (text.size() < 5 || text.find_first_of("245") != 0 || text[1] != '.') return 0;
    const std::size_t subject = digits(text.substr(2));
    if (subject == 0 || text.size() < 2 + subject + 2 || text[2 + subject] != '.') return 0;
    const std::size_t detail = digits(text.substr(3 + subject));
    const std::size_t length = 3 + subject + detail;
    if (detail == 0) return 0;
    // "5.1.1.2" is an IP address.
    const bool goes_on = length < text.size() &&
                         (ascii::is_alnum(text[length]) || (text[length] == '.' && length + 1 < text.size() &&
                                                            ascii::is_digit(text[length + 1])));
    return goes_on ? 0 : length;
}

}  // namespace

std::string_view find_enhanced_status(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at > 0 && (ascii::is_alnum(text[at - 1]) || text[at - 1] == '.')) continue;
        if (const std::size_t length = status_length(text.substr(at)); length > 0)
            return text.substr(at, length);
    }
    return {};
}

std::optional<std::string_view> enhanced_status_meaning(std::string_view status) {
    if (status_length(status) != status.size() || status.empty()) return std::nullopt;
    const std::string_view code = status.substr(2);
    const std::string subject = std::string(code.substr(0, code.find('.'))) + ".0";
    for (const std::string_view wanted : {code, std::string_view(subject)}) {
        const auto* const found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                               [&](const auto& entry) { return entry.first == wanted; });
        if (found != kMeanings.end()) return found->second;
    }
    return std::nullopt;
}

}  // namespace mailpipe::email
