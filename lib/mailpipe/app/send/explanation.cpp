#include "mailpipe/app/send/explanation.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/enhanced_status.hpp"

namespace mailpipe::app {
namespace {

struct Known {
    std::string_view words;  // lower case, anywhere in the text
    std::string_view advice;
};

// What servers say in their own words; the first one that fits. They were collected from the postmaster pages of the
// providers and from logs.
constexpr std::array kWords{
    // Authentication of the sender's domain.
    Known{"5.7.26",
          "The receiver wants mail of this domain to be authenticated: publish SPF and sign with DKIM for the "
          "domain in From, or send by the server that does."},
    Known{"dmarc",
          "The domain in From has a DMARC policy that this server does not meet: send by the domain's own "
          "server, "
          "or sign with its DKIM key."},
    Known{"spf",
          "The sending address is not named by the SPF record of the sender's domain: send by the domain's own "
          "server, or add this one to the record."},
    Known{"dkim",
          "The DKIM signature is missing or does not verify: sign with the key that the domain publishes."},
    // Block lists and reputation.
    Known{"spamhaus",
          "The sending address is on a list of Spamhaus: look it up at check.spamhaus.org, and send by a "
          "provider's server when it is a home or cloud address."},
    Known{"spamcop",
          "The sending address is on SpamCop's list: it leaves by itself a day after the last report."},
    Known{"barracuda",
          "The sending address has a bad reputation with Barracuda: ask for its removal at "
          "barracudacentral.org."},
    Known{"sorbs", "The sending address is on the SORBS list: send by a provider's server."},
    Known{"s3140",
          "Outlook.com has blocked this network (S3140): ask for its removal at olcsupport.office.com."},
    Known{"s3150",
          "Outlook.com has blocked this network (S3150): ask for its removal at olcsupport.office.com."},
    Known{"as(", "Microsoft 365 has refused the sending address: ask for its removal at sender.office.com."},
    Known{"block list",
          "The sending address is on a block list: look at the address in the reply, and send by a "
          "provider's server when it is a home or cloud address."},
    Known{"blocklist",
          "The sending address is on a block list: look at the address in the reply, and send by a provider's "
          "server when it is a home or cloud address."},
    Known{"blacklist",
          "The sending address is on a block list: look at the address in the reply, and send by a provider's "
          "server when it is a home or cloud address."},
    Known{"tss04",
          "Yahoo defers mail from this address because of complaints (TSS04): send less, and try again in some "
          "hours."},
    Known{"tss09", "Yahoo has blocked this address (TSS09): ask at senders.yahooinc.com."},
    Known{"unsolicited mail",
          "The receiver takes the message, or what came from this address before, for spam: look at its "
          "content and at the reputation of the address."},
    Known{"likely suspicious",
          "Gmail takes the message for suspicious: authenticate the domain, and look at links and "
          "attachments."},
    Known{"unusual rate", "Too much mail came from this address: send less at a time, and try again later."},
    Known{"rate limit", "Too much mail came from here: send less at a time, and try again later."},
    Known{"too many messages", "Too much mail came from here: send less at a time, and try again later."},
    Known{"too many connections",
          "Too many connections are open to this server: use fewer at a time (--jobs)."},
    Known{"ptr record",
          "The sending address has no name in DNS that leads back to it: set a PTR record, or send by a "
          "provider's server."},
    Known{"reverse dns",
          "The sending address has no name in DNS that leads back to it: set a PTR record, or send by a "
          "provider's server."},
    Known{"reverse hostname",
          "The sending address has no name in DNS that leads back to it: set a PTR record, or send by a "
          "provider's server."},
    // Time.
    Known{"greylist",
          "The server puts off what it has not seen before (greylisting): try again in some minutes, from the "
          "same address."},
    Known{"graylist",
          "The server puts off what it has not seen before (greylisting): try again in some minutes, from the "
          "same address."},
    Known{"try again in", "The server puts the message off: try again after the time that it names."},
    // Submission.
    Known{"app-specific",
          "The provider wants a password made for this program: create one in the account's settings, or "
          "use --token-command (OAuth 2.0)."},
    Known{"application-specific",
          "The provider wants a password made for this program: create one in the account's "
          "settings, or use --token-command (OAuth 2.0)."},
    Known{"basic authentication is disabled",
          "The provider takes no passwords over SMTP: use --token-command (OAuth 2.0)."},
    Known{"smtpclientauthentication is disabled",
          "SMTP AUTH is switched off for this mailbox: its administrator can switch "
          "it on, or use --token-command."},
    Known{"not owned by user", "The login may not send as this sender: use -f with an address of the account."},
    Known{"sendasdenied", "The login may not send as this sender: use -f with an address of the account."},
    Known{"relay",
          "The server sends mail on only for its own users: log in (--user), or use the server of your "
          "provider."},
    Known{"must issue a starttls", "The server wants TLS first: use smtp:// without --tls none, or smtps://."},
    // Content.
    Known{"virus", "A filter has found what it takes for malware in the message or its attachments."},
    Known{"message size",
          "The message is larger than the server takes: send a link instead of the attachment."},
    Known{"attachment",
          "The server does not take an attachment of this type: pack it otherwise, or send a link."},
    Known{"does not exist",
          "There is no such mailbox: look at the address for a slip, and ask the recipient by another way."},
    Known{"over quota",
          "The recipient's mailbox is full: try again later, or tell the recipient by another way."},
    Known{"mailbox full",
          "The recipient's mailbox is full: try again later, or tell the recipient by another way."},
    Known{"bare line feed", "The message has line ends that SMTP does not allow: --repair mends them."},
};

// By subject and detail of the enhanced status code, whatever its class.
constexpr std::array kCodes{
    Known{"1.1",
          "There is no such mailbox: look at the address for a slip, and ask the recipient by another way."},
    Known{"1.2", "The domain of the address takes no mail: look at it for a slip."},
    Known{"1.3", "The address is malformed for this server: look at it for a slip."},
    Known{"1.6", "The mailbox has moved, and there is no forwarding: ask the recipient for the new address."},
    Known{"1.7", "The server does not take this sender address: use -f with one that exists."},
    Known{"1.8", "The domain of the sender does not exist or takes no mail: use -f with an address that does."},
    Known{"1.10", "The recipient's domain says that it takes no mail at all (null MX)."},
    Known{"2.1", "The mailbox is switched off: the recipient has to be told by another way."},
    Known{"2.2", "The recipient's mailbox is full: try again later, or tell the recipient by another way."},
    Known{"2.3", "The message is larger than the recipient may get: send a link instead of the attachment."},
    Known{"3.4", "The message is larger than the server takes: send a link instead of the attachment."},
    Known{"4.1", "The host of the recipient does not answer: try again later."},
    Known{"4.4", "The server cannot find out where mail for this domain goes: look at the domain for a slip."},
    Known{"4.6", "Mail for this address goes round in a loop: its administrator has to mend that."},
    Known{"4.7", "The message could not be delivered in the time that was given to it."},
    Known{"5.3", "The message has too many recipients for this server: send it to fewer at a time."},
    Known{"6.3",
          "The message needs a conversion that the server cannot make: send it as quoted-printable or base64."},
    Known{"6.7",
          "The address has other letters than ASCII, and a server on the way does not know them (SMTPUTF8)."},
    Known{"7.1",
          "The server's rules forbid it: its text says why. Where it speaks of relaying, log in with --user."},
    Known{"7.8", "User and password do not fit: some providers want a password of its own for each program."},
    Known{
        "7.9",
        "The server does not take this way to log in: other mechanisms or a token may help (--token-command)."},
    Known{"7.11", "The server logs in over TLS only: use smtps://, or smtp:// without --tls none."},
    Known{"7.14", "The server wants something else to be done first, such as a login: give --user."},
    Known{"7.20", "No DKIM signature verifies: sign with the key that the domain publishes."},
    Known{"7.23",
          "SPF does not name the sending address: send by the domain's own server, or add this one to the "
          "record."},
    Known{"7.25",
          "The sending address has no name in DNS that leads back to it: set a PTR record, or send by a "
          "provider's "
          "server."},
    Known{"7.26", "Neither SPF nor DKIM vouches for the message: the domain in From has to be authenticated."},
    Known{"7.27",
          "The sender's domain says that it takes no mail (null MX): use -f with an address that does."},
    Known{"7.28", "Too much mail came from here: send less at a time, and try again later."},
    Known{"7.30", "The next server does not offer REQUIRETLS: send without --require-tls, or by another way."},
};

struct KnownKind {
    Errc kind;
    std::string_view advice;
};
constexpr std::array kKinds{
    KnownKind{Errc::no_host, "The name does not exist: look at --server for a slip."},
    KnownKind{
        Errc::tls,
        "The server could not prove who it is: look at its name, or trust its CA by --tls-ca or its key by "
        "--pin-sha256."},
    KnownKind{Errc::auth,
              "User and password do not fit: some providers want a password of its own for each program."},
    KnownKind{Errc::unsupported,
              "The server lacks what is asked for: try another port or server, or ask for less."},
    KnownKind{Errc::protocol,
              "What answers is not the server that was meant, or is broken: --trace shows what it says."},
};

std::string_view by_words(const std::string& text) {
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Known& known) {
        return text.find(known.words) != std::string::npos;
    });
    return found == kWords.end() ? std::string_view() : found->advice;
}

std::string_view by_code(std::string_view enhanced) {
    if (enhanced.size() < 3) return {};
    const auto found = std::find_if(kCodes.begin(), kCodes.end(),
                                    [&](const Known& known) { return enhanced.substr(2) == known.words; });
    return found == kCodes.end() ? std::string_view() : found->advice;
}

std::string_view by_kind(const Error& error) {
    if (error.message.find("refused") != std::string::npos && error.kind == Errc::temporary)
        return "Nothing listens there: look at host and port; many networks block port 25, and 587 or 465 is "
               "for users.";
    if (error.message.find("timed out") != std::string::npos)
        return "Nobody answers: look at host and port, and whether a firewall blocks it; many networks block "
               "port 25.";
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const KnownKind& known) { return known.kind == error.kind; });
    return found == kKinds.end() ? std::string_view() : found->advice;
}

}  // namespace

std::string explain(const Error& error) {
    if (!error.reply || error.reply->code == 0) return std::string(by_kind(error));
    const std::string text = ascii::to_lower(error.reply->enhanced + ' ' + error.reply->text);
    std::string_view advice = by_words(text);
    if (advice.empty()) advice = by_code(error.reply->enhanced);
    if (!advice.empty()) return std::string(advice);
    if (const auto meaning = email::enhanced_status_meaning(error.reply->enhanced))
        return "By its code: " + std::string(*meaning) + ".";
    if (error.kind == Errc::auth) return std::string(by_kind(error));
    if (error.reply->code >= 500)
        return "A refusal for good: the server's text says why; the same message will be refused again.";
    return "A refusal for now: the same message may be taken later.";
}

}  // namespace mailpipe::app
