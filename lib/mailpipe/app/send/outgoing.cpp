#include "mailpipe/app/send/outgoing.hpp"

#include <algorithm>

#include "mailpipe/app/send/address.hpp"
#include "mailpipe/app/send/address_book.hpp"
#include "mailpipe/app/send/conversion.hpp"
#include "mailpipe/app/send/header_envelope.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::app {
namespace {

// The same address in To and in Cc is one recipient.
void add_recipient(std::vector<smtp::Mailbox>& recipients, smtp::Mailbox mailbox) {
    if (std::find(recipients.begin(), recipients.end(), mailbox) == recipients.end()) {
        recipients.push_back(std::move(mailbox));
    }
}

// The mailboxes that an address of the command line or the header stands for.
Result<void> add_expanded(const SendOptions& options, const std::string& text,
                          std::vector<smtp::Mailbox>& recipients) {
    if (options.addresses) {
        auto expanded = options.addresses->expand(text);
        if (!expanded) return tl::unexpected(expanded.error());
        for (smtp::Mailbox& mailbox : *expanded)
            add_recipient(recipients, std::move(mailbox));
        return {};
    }
    auto mailbox = parse_address(text);
    if (!mailbox) return tl::unexpected(mailbox.error());
    add_recipient(recipients, std::move(*mailbox));
    return {};
}

}  // namespace

Result<GivenEnvelope> parse_given_envelope(const SendOptions& options) {
    GivenEnvelope given;
    if (options.has_from && (options.from.empty() || options.from == "<>")) {
        given.reverse_path = smtp::Mailbox{};
    } else if (options.has_from) {
        auto mailbox = parse_address(options.from);
        if (!mailbox) return fail(Errc::usage, "-f: not an address: " + mailbox.error().message);
        given.reverse_path = std::move(*mailbox);
    }
    for (const std::string& text : options.recipients) {
        if (auto added = add_expanded(options, text, given.recipients); !added) {
            if (added.error().kind != Errc::data) return tl::unexpected(added.error());
            return fail(Errc::usage, "recipient " + text + ": not an address: " + added.error().message);
        }
    }
    return given;
}

Result<void> Outgoing::load(store::MessageReader& input, const SendOptions& options,
                            const GivenEnvelope& given) {
    text_.set_use(options.submission.binary ? TextUse::binary
                  : options.repair          ? TextUse::repaired
                                            : TextUse::submission);
    text_.clear();
    message_id_.clear();
    envelope_ = {};
    if (auto loaded = load_text(input, options.repair); !loaded) return loaded;
    if (options.repair && text_.has_long_line()) {
        OutgoingText mended(TextUse::repaired);
        if (auto converted = convert(text_, Unfit::long_line, mended); !converted) return converted;
        if (auto copied = take(mended); !copied) return copied;
    }
    return find_envelope(options, given);
}

Result<void> Outgoing::take(OutgoingText& mended) {
    text_.clear();
    mended.rewind();
    while (true) {
        auto piece = mended.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) return text_.finish();
        if (auto kept = text_.append(*piece); !kept) return kept;
    }
}

Result<void> Outgoing::load_text(store::MessageReader& input, bool repair) {
    LineEndRepair mend;
    std::string mended;
    while (true) {
        auto piece = input.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) return text_.finish();
        if (repair) {
            mended.clear();
            mend.append(*piece, mended);
            piece = mended;
        }
        if (auto kept = text_.append(*piece); !kept) return kept;
    }
}

Result<void> Outgoing::find_envelope(const SendOptions& options, const GivenEnvelope& given) {
    const mime::Header header = mime::parse_header(text_.header().text());
    if (header.fields.empty()) return fail(Errc::data, "the message has no header");
    if (const mime::Field* field = header.find("Message-ID"))
        message_id_ = mime::parse_message_ids(field->value);
    HeaderEnvelope found;
    if (options.recipients_from_header || !given.reverse_path) {
        found = read_header_envelope(header);
    } else {
        found.blind = find_blind_fields(header);
    }
    envelope_.recipients = given.recipients;
    // What is behind the limits could be a recipient, or a Bcc that nobody may see.
    if (text_.header().truncated() || !header.limits.empty())
        return fail(Errc::limit, "the header exceeds kHeaderSize or kHeaderFields");
    if (options.recipients_from_header) {
        for (const std::string& text : found.recipients) {
            if (auto added = add_expanded(options, text, envelope_.recipients); !added)
                return fail(added.error().kind,
                            "recipient " + text + " of the header: " + added.error().message);
        }
        if (envelope_.recipients.empty())
            return fail(Errc::data, "the header names no recipient in To, Cc or Bcc");
    }
    text_.leave_out(std::move(found.blind));
    if (given.reverse_path) {
        envelope_.reverse_path = *given.reverse_path;
    } else {
        if (!found.sender) return fail(Errc::usage, "the header has no address in Sender or From; give -f");
        auto mailbox = parse_address(*found.sender);
        if (!mailbox) {
            return fail(Errc::data,
                        "sender " + *found.sender + " of the header: " + mailbox.error().message + "; give -f");
        }
        envelope_.reverse_path = std::move(*mailbox);
    }
    ask(options.submission, envelope_);
    envelope_.size = text_.size();
    envelope_.body = text_.is_binary()   ? smtp::Body::binary
                     : text_.eight_bit() ? smtp::Body::eight_bit
                                         : smtp::Body::seven_bit;
    const std::string_view fields = text_.header().text();
    envelope_.smtputf8 = !ascii::is_ascii(fields) && is_utf8(fields);
    return {};
}

}  // namespace mailpipe::app
