#include <utility>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/prompt_delivery.hpp"
#include "mailpipe/app/fetch/return_path.hpp"
#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/submitter.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {
namespace {

// What the message gets when it is handed to a recipient: when it comes back to the source and is fetched again, it
// goes round. The comment tells the field from those that others write for the same address, the source's own server
// first of all, and keeps the next server from seeing in it a loop of its own (Postfix and qmail return such a message).
std::string delivered_to(const smtp::Mailbox& recipient, const Location& source) {
    return recipient.encode() + " (mail-fetch from " + source.host + ")";
}

class SmtpDelivery : public PromptDelivery {
 public:
    SmtpDelivery(const Location& server, std::vector<smtp::Mailbox> recipients, const DeliveryContext& context)
        : PromptDelivery(context.state),
          to_(encode(server)),
          recipients_(std::move(recipients)),
          context_(context),
          submitter_({destination_client(context.settings, server), "", context.console.trace()}, server) {}
    ~SmtpDelivery() override { submitter_.quit(); }

    Result<void> prepare() { return submitter_.prepare(); }

    Result<void> finish(const Message& message) override {
        if (auto complete = text_.finish(); !complete) {
            if (complete.error().kind != Errc::data) return complete;
            return refuse(message, std::move(complete.error()));
        }
        auto envelope = make_envelope();
        if (!envelope) return refuse(message, std::move(envelope.error()));
        auto finished = submitter_.submit(*envelope, text_);
        if (!finished) {
            // One connection that breaks may be the fault of this message.
            if (submitter_.given_up()) return tl::unexpected(finished.error());
            return refuse(message, std::move(finished.error()));
        }
        if (finished->error) return refuse(message, std::move(*finished->error));
        return accept(message, to_, missed(*finished));
    }

 private:
    void clear() override { text_.clear(); }
    Result<void> keep(std::string_view crlf_text) override { return text_.append(crlf_text); }

    Result<smtp::Envelope> make_envelope() {
        if (text_.header().truncated()) return fail(Errc::limit, "the header exceeds kHeaderSize");
        const mime::Header header = mime::parse_header(text_.header().text());
        if (const std::size_t count = header.count("Received"); count >= limits::kReceivedFields) {
            return fail(Errc::permanent, "it goes round in a loop: it has " + std::to_string(count) +
                                             " Received fields (kReceivedFields is 50)");
        }
        std::string before;
        for (const smtp::Mailbox& recipient : recipients_) {
            const std::string value = delivered_to(recipient, context_.source);
            if (is_marked(header, value)) {
                return fail(Errc::permanent, "it goes round in a loop: it was fetched from " +
                                                 context_.source.host + " for " + recipient.encode() +
                                                 " before");
            }
            before += "Delivered-To: " + value + "\r\n";
        }
        // RFC 5321 section 4.4: only the final delivery writes Return-Path, and one of an earlier journey would
        // contradict it.
        std::vector<std::pair<std::uint64_t, std::uint64_t>> left_out;
        for (const mime::Field& field : header.fields) {
            if (ascii::equals_ignore_case(field.name, "Return-Path"))
                left_out.emplace_back(field.offset, field.length);
        }
        text_.leave_out(std::move(left_out));
        text_.put_before(std::move(before));
        smtp::Envelope envelope;
        envelope.reverse_path = return_path(header);
        envelope.recipients = recipients_;
        envelope.size = text_.size();
        envelope.body = text_.eight_bit() ? smtp::Body::eight_bit : smtp::Body::seven_bit;
        return envelope;
    }

    static bool is_marked(const mime::Header& header, const std::string& value) {
        for (const mime::Field& field : header.fields) {
            if (ascii::equals_ignore_case(field.name, "Delivered-To") &&
                ascii::equals_ignore_case(ascii::trim(mime::unfold(field.value)), value)) {
                return true;
            }
        }
        return false;
    }

    // Nothing is ever sent again to those who have it.
    static std::vector<Error> missed(const smtp::Finished& finished) {
        std::vector<Error> missed;
        for (const smtp::RecipientResult& result : finished.recipients) {
            if (result.accepted) continue;
            missed.push_back(Error{smtp::reply_kind(result.reply),
                                   "not delivered to " + result.recipient.encode(),
                                   smtp::to_server_reply(result.reply)});
        }
        return missed;
    }

    std::string to_;
    std::vector<smtp::Mailbox> recipients_;
    DeliveryContext context_;
    Submitter submitter_;
    OutgoingText text_{TextUse::relay};
};

// LMTP speaks to the server that keeps the mail, and knows its users by name.
Result<smtp::Mailbox> parse_recipient(const std::string& text, Scheme scheme) {
    if (scheme == Scheme::lmtp && text.find('@') == std::string::npos) {
        const auto with_domain = smtp::parse_mailbox(text + "@localhost");
        if (with_domain) return smtp::Mailbox{with_domain->local_part, ""};
    }
    return smtp::parse_mailbox(text);
}

Result<std::vector<smtp::Mailbox>> find_recipients(const Location& server, const DeliveryContext& context) {
    std::vector<smtp::Mailbox> recipients;
    for (const std::string& text : context.settings.recipients) {
        auto recipient = parse_recipient(text, server.scheme);
        if (!recipient)
            return fail(Errc::usage, "--rcpt " + text + ": not an address: " + recipient.error().message);
        recipients.push_back(std::move(*recipient));
    }
    if (!recipients.empty()) return recipients;
    auto recipient = parse_recipient(context.source.user, server.scheme);
    if (!recipient) {
        return fail(Errc::usage, "the user " + context.source.user +
                                     " of the source is no address to deliver to; give --rcpt ADDRESS");
    }
    return std::vector{std::move(*recipient)};
}

}  // namespace

Result<std::unique_ptr<Delivery>> make_smtp_delivery(const Location& destination,
                                                     const DeliveryContext& context) {
    auto recipients = find_recipients(destination, context);
    if (!recipients) return tl::unexpected(recipients.error());
    auto delivery = std::make_unique<SmtpDelivery>(destination, std::move(*recipients), context);
    if (auto prepared = delivery->prepare(); !prepared) return tl::unexpected(prepared.error());
    return delivery;
}

}  // namespace mailpipe::app
