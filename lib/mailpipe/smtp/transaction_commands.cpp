#include "mailpipe/smtp/transaction_commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/date_time.hpp"
#include "mailpipe/smtp/parameters.hpp"
#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/xtext.hpp"

namespace mailpipe::smtp {
namespace {

// A Mailbox is a plain struct: what was not made by a parser is proved here before it becomes part of a
// command. `text` is how it is encoded.
Result<void> check_mailbox(const Mailbox& mailbox, std::string_view text,
                           std::size_t local_part_length = kLocalPartLength) {
    if (mailbox.domain.empty() && mailbox.local_part == "postmaster") return {};
    auto parsed = parse_mailbox(text, true, local_part_length);
    if (!parsed) return fail(Errc::data, "address is not a Mailbox: " + parsed.error().message);
    const bool same =
        parsed->local_part == mailbox.local_part && ascii::equals_ignore_case(parsed->domain, mailbox.domain);
    if (!same) return fail(Errc::data, "address has characters that SMTP cannot carry");
    return {};
}

Fail not_offered(std::string_view wanted, std::string_view extension) {
    return fail(Errc::unsupported, fmt::format("{} and the server does not offer {}", wanted, extension));
}

class Builder {
 public:
    Builder(const Envelope& envelope, const Capabilities& offered, bool secure, bool user_names)
        : envelope_(envelope), offered_(offered), secure_(secure), user_names_(user_names) {}

    Result<TransactionCommands> build() {
        if (auto checked = check_addresses(); !checked) return tl::unexpected(checked.error());
        using Step = Result<void> (Builder::*)();
        for (const Step step :
             {&Builder::add_size, &Builder::add_body, &Builder::add_utf8, &Builder::add_deliver_by,
              &Builder::add_release, &Builder::add_priority, &Builder::add_require_tls, &Builder::add_dsn}) {
            if (auto added = (this->*step)(); !added) return tl::unexpected(added.error());
        }
        return std::move(commands_);
    }

 private:
    Result<void> check_addresses() {
        if (envelope_.recipients.empty()) return fail(Errc::usage, "envelope has no recipients");
        if (!envelope_.recipient_options.empty() &&
            envelope_.recipient_options.size() != envelope_.recipients.size()) {
            return fail(Errc::usage, "envelope has options for some of its recipients only");
        }
        const std::string reverse_path = envelope_.reverse_path.encode();
        if (!envelope_.reverse_path.is_null()) {
            auto checked = check_mailbox(envelope_.reverse_path, reverse_path, kReversePathLocalPart);
            if (!checked) return checked;
        }
        commands_.mail = "MAIL FROM:<" + reverse_path + '>';
        for (const Mailbox& recipient : envelope_.recipients) {
            const std::string text = recipient.encode();
            if (auto checked = check_recipient(recipient, text); !checked) return checked;
            commands_.rcpt.push_back("RCPT TO:<" + text + '>');
        }
        return {};
    }

    // Over LMTP a recipient may be a user name alone, as Cyrus and Dovecot take it.
    Result<void> check_recipient(const Mailbox& recipient, std::string_view text) const {
        if (!user_names_ || !recipient.domain.empty()) return check_mailbox(recipient, text);
        const Mailbox user{recipient.local_part, "localhost"};
        return check_mailbox(user, user.encode());
    }

    // RFC 1870
    Result<void> add_size() {
        if (!envelope_.size || !offered_.size) return {};
        if (offered_.max_size != 0 && *envelope_.size > offered_.max_size) {
            return fail(Errc::permanent,
                        fmt::format("message of {} octets is larger than the server's SIZE of {}",
                                    *envelope_.size, offered_.max_size));
        }
        commands_.mail += " SIZE=" + std::to_string(*envelope_.size);
        return {};
    }

    // RFC 6152, RFC 3030 section 3
    Result<void> add_body() {
        if (envelope_.body == Body::eight_bit) {
            if (!offered_.eight_bit_mime) return not_offered("message has 8-bit text", "8BITMIME");
            commands_.mail += " BODY=8BITMIME";
        } else if (envelope_.body == Body::binary) {
            if (!offered_.binary_mime || !offered_.chunking)
                return not_offered("message is binary", "BINARYMIME and CHUNKING");
            commands_.mail += " BODY=BINARYMIME";
        }
        return {};
    }

    // RFC 6531 section 3.4
    Result<void> add_utf8() {
        const auto& recipients = envelope_.recipients;
        const bool address =
            needs_utf8(envelope_.reverse_path) || std::any_of(recipients.begin(), recipients.end(), needs_utf8);
        if (!address && !envelope_.smtputf8) return {};
        if (!offered_.smtputf8)
            return not_offered(address ? "an address has UTF-8" : "message has UTF-8 in its header",
                               "SMTPUTF8");
        commands_.mail += " SMTPUTF8";
        return {};
    }

    // RFC 2852 section 4
    Result<void> add_deliver_by() {
        if (!envelope_.by) return {};
        const DeliverBy& by = *envelope_.by;
        if (by.seconds < -kDeliverBy || by.seconds > kDeliverBy || (by.returned && by.seconds <= 0))
            return fail(Errc::usage, "time of DELIVERBY is out of its range");
        if (!offered_.deliver_by) {
            if (by.returned) return not_offered("message is to come back when it is late", "DELIVERBY");
            commands_.not_taken.emplace_back("DELIVERBY");
            return {};
        }
        if (by.returned && static_cast<std::uint64_t>(by.seconds) < offered_.deliver_by_minimum) {
            return fail(Errc::permanent,
                        fmt::format("delivery within {} s is wanted and the server promises {} s", by.seconds,
                                    offered_.deliver_by_minimum));
        }
        commands_.mail += fmt::format(" BY={};{}{}", by.seconds, by.returned ? 'R' : 'N', by.trace ? "T" : "");
        return {};
    }

    // RFC 4865 section 4
    Result<void> add_release() {
        if (!envelope_.hold_for && !envelope_.hold_until) return {};
        if (envelope_.hold_for && envelope_.hold_until)
            return fail(Errc::usage, "message cannot be held for a time and until a time");
        if (!offered_.future_release) return not_offered("message is to be held", "FUTURERELEASE");
        if (envelope_.hold_for) {
            const std::uint64_t most = offered_.max_hold_for == 0 ? kHoldFor : offered_.max_hold_for;
            if (*envelope_.hold_for > most)
                return fail(Errc::permanent,
                            fmt::format("message is to be held for {} s and the server holds it for {} s",
                                        *envelope_.hold_for, most));
            commands_.mail += " HOLDFOR=" + std::to_string(*envelope_.hold_for);
            return {};
        }
        const std::string until = encode_date_time(*envelope_.hold_until);
        const std::string& latest = offered_.max_hold_until;
        // Two dates in UTC compare as text; any other zone is left to the server.
        if (latest.size() == until.size() && latest.back() == 'Z' && until > latest)
            return fail(Errc::permanent,
                        "message is to be held until " + until + " and the server holds it until " + latest);
        commands_.mail += " HOLDUNTIL=" + until;
        return {};
    }

    // RFC 6710 section 4.1: what does not understand priorities treats all mail alike.
    Result<void> add_priority() {
        if (!envelope_.priority) return {};
        if (*envelope_.priority < -kPriority || *envelope_.priority > kPriority)
            return fail(Errc::usage, "priority is not in -9 to 9");
        if (!offered_.mt_priority) {
            commands_.not_taken.emplace_back("MT-PRIORITY");
            return {};
        }
        commands_.mail += " MT-PRIORITY=" + std::to_string(*envelope_.priority);
        return {};
    }

    // RFC 8689 section 4.2.1
    Result<void> add_require_tls() {
        if (!envelope_.require_tls) return {};
        if (!secure_) return fail(Errc::unsupported, "message requires TLS and the connection has none");
        if (!offered_.require_tls) return not_offered("message requires TLS all the way", "REQUIRETLS");
        commands_.mail += " REQUIRETLS";
        return {};
    }

    // RFC 3461 sections 4.1 to 4.4
    Result<void> add_dsn() {
        const bool wanted =
            envelope_.ret != Return::unspecified || !envelope_.envelope_id.empty() ||
            std::any_of(envelope_.recipient_options.begin(), envelope_.recipient_options.end(),
                        [](const RecipientOptions& options) { return options != RecipientOptions{}; });
        if (!wanted) return {};
        if (envelope_.envelope_id.size() > kEnvelopeId || !is_printable_ascii(envelope_.envelope_id))
            return fail(Errc::usage, "ENVID is not up to 100 printable ASCII characters");
        if (!offered_.dsn) {
            commands_.not_taken.emplace_back("DSN");
            return {};
        }
        if (envelope_.ret != Return::unspecified)
            commands_.mail += envelope_.ret == Return::full ? " RET=FULL" : " RET=HDRS";
        if (!envelope_.envelope_id.empty()) commands_.mail += " ENVID=" + encode_xtext(envelope_.envelope_id);
        for (std::size_t i = 0; i < envelope_.recipient_options.size(); ++i) {
            if (auto added = add_recipient_options(envelope_.recipient_options[i], commands_.rcpt[i]); !added)
                return added;
        }
        return {};
    }

    static Result<void> add_recipient_options(const RecipientOptions& options, std::string& rcpt) {
        if (options.notify) {
            std::string list;
            if (options.notify->success) list += ",SUCCESS";
            if (options.notify->failure) list += ",FAILURE";
            if (options.notify->delay) list += ",DELAY";
            rcpt += " NOTIFY=" + (list.empty() ? "NEVER" : list.substr(1));
        }
        if (options.original.empty()) return {};
        const std::size_t type = std::min(options.original.find(';'), options.original.size());
        const bool is_typed =
            type > 0 && type < options.original.size() &&
            std::all_of(options.original.begin(), options.original.begin() + static_cast<std::ptrdiff_t>(type),
                        [](char c) { return ascii::is_alnum(c) || c == '-'; });
        if (!is_typed || std::any_of(options.original.begin(), options.original.end(), ascii::is_control))
            return fail(Errc::usage, "original recipient is not of the form rfc822;ADDRESS");
        const std::string value = encode_original_recipient(options.original);
        if (value.size() > kOriginalRecipient)
            return fail(Errc::usage, "original recipient is longer than 500 characters");
        rcpt += " ORCPT=" + value;
        return {};
    }

    const Envelope& envelope_;
    const Capabilities& offered_;
    bool secure_;
    bool user_names_;
    TransactionCommands commands_;
};

}  // namespace

Result<TransactionCommands> transaction_commands(const Envelope& envelope, const Capabilities& offered,
                                                 bool secure, bool user_names) {
    return Builder(envelope, offered, secure, user_names).build();
}

}  // namespace mailpipe::smtp
