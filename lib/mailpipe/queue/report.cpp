#include "mailpipe/queue/report.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/delivery_advice.hpp"
#include "mailpipe/email/enhanced_status.hpp"
#include "mailpipe/mime/builder.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::size_t kLongestValue = 900;  // of a field of message/delivery-status, which nobody folds
constexpr std::size_t kTextWidth = 76;

std::string date_of(std::uint32_t seconds) {
    return mime::encode_date(mime::utc_date(seconds));
}

// One line: a server's words can hold anything but CR and LF.
std::string clean(std::string_view text, bool utf8) {
    std::string out(text.substr(0, kLongestValue));
    for (char& c : out) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7F || (octet >= 0x80 && !utf8)) c = '?';
    }
    return out;
}

// The host of a location such as "smtp://user@host:25", of anything else nothing but the name that it is.
std::string host_of(std::string_view server) {
    const std::size_t scheme = server.find("://");
    if (scheme == std::string_view::npos)
        return std::string(server.find('/') == std::string_view::npos ? server : "");
    server.remove_prefix(scheme + 3);
    server = server.substr(0, server.find('/'));
    if (const std::size_t at = server.rfind('@'); at != std::string_view::npos) server.remove_prefix(at + 1);
    // A colon within brackets is one of IPv6.
    const std::size_t colon = server.rfind(':');
    if (colon != std::string_view::npos && server.find(']', colon) == std::string_view::npos)
        server = server.substr(0, colon);
    return std::string(server);
}

class ReportBuilder {
 public:
    ReportBuilder(const Message& message, const ReportInput& input, const ReportOptions& options)
        : message_(message),
          input_(input),
          options_(options),
          envelope_(message.submission().envelope),
          utf8_(needs_utf8()) {}

    Result<Report> build() {
        mime::Entity root;
        root.type = type("multipart", "report", {{"report-type", "delivery-status", ""}});
        auto fields = root_fields();
        if (!fields) return tl::unexpected(fields.error());
        root.fields = std::move(*fields);
        root.children.push_back(words());
        root.children.push_back(status());
        root.children.push_back(returned());
        auto text = mime::build_message(root, options_.seed);
        if (!text) return tl::unexpected(text.error());
        Report report;
        report.text = std::move(*text);
        report.envelope.recipients = {envelope_.reverse_path};
        report.envelope.recipient_options.emplace_back();
        report.envelope.size = report.text.size();
        report.envelope.smtputf8 = utf8_;
        if (!ascii::is_ascii(report.text)) report.envelope.body = smtp::Body::eight_bit;
        report.message_id = {message_id()};
        return report;
    }

 private:
    static mime::ContentType type(std::string type, std::string subtype,
                                  std::vector<mime::Parameter> parameters) {
        mime::ContentType result;
        result.type = std::move(type);
        result.subtype = std::move(subtype);
        result.parameters.parameters = std::move(parameters);
        return result;
    }

    bool needs_utf8() const {
        const auto is_utf8 = [](const smtp::Mailbox& mailbox) {
            return !ascii::is_ascii(mailbox.local_part) || !ascii::is_ascii(mailbox.domain);
        };
        return envelope_.smtputf8 || is_utf8(envelope_.reverse_path) ||
               std::any_of(envelope_.recipients.begin(), envelope_.recipients.end(), is_utf8);
    }

    const RecipientState& state(std::uint32_t recipient) const { return message_.recipients()[recipient]; }
    std::string message_id() const { return "report." + options_.seed + '@' + options_.host_name; }

    std::string subject() const {
        const mime::Header header = mime::parse_header(input_.header);
        const mime::Field* field = header.find("Subject");
        const std::string subject = field == nullptr ? "" : mime::decode_text(field->value).text;
        std::string text;
        switch (input_.kind) {
            case ReportKind::failed:
                text = "Not delivered";
                break;
            case ReportKind::delayed:
                text = "Delayed";
                break;
            case ReportKind::delivered:
                text = is_in_mailboxes() ? "Delivered" : "Passed on";
                break;
        }
        return subject.empty() ? text : text + ": " + clean(subject, true);
    }

    Result<std::string> root_fields() const {
        std::string fields = "Date: " + date_of(options_.now) + "\r\n";
        auto from = mime::encode_address_field(
            "From", {{std::nullopt, {{"Mail delivery", "MAILER-DAEMON@" + options_.host_name}}}});
        if (!from) return from;
        fields += *from;
        auto to = mime::encode_address_field("To", {{std::nullopt, {{"", envelope_.reverse_path.encode()}}}});
        if (!to) return to;
        fields += *to;
        auto title = mime::encode_text_field("Subject", subject());
        if (!title) return title;
        fields += *title;
        fields += "Message-ID: <" + message_id() + ">\r\n";
        if (!message_.submission().message_id.empty()) {
            // That of a foreign message may be one that no header can hold.
            auto references = mime::encode_message_id_field("References", message_.submission().message_id);
            if (references) fields += *references;
        }
        fields += "Auto-Submitted: auto-replied\r\n";
        return fields;
    }

    // In plain words.

    std::string opening() const {
        const bool one = input_.recipients.size() == 1;
        switch (input_.kind) {
            case ReportKind::failed:
                return one ? "Your message could not be delivered to this recipient:"
                           : "Your message could not be delivered to these recipients:";
            case ReportKind::delayed:
                return one ? "Your message could not be delivered to this recipient yet:"
                           : "Your message could not be delivered to these recipients yet:";
            case ReportKind::delivered:
                if (is_in_mailboxes())
                    return one ? "Your message was delivered to this recipient:"
                               : "Your message was delivered to these recipients:";
                return "Your message was passed on to a mail system that sends no reports, so that you will "
                       "not be told of "
                       "its delivery, but may be told of a failure:";
        }
        return "";
    }

    std::string closing() const {
        if (input_.kind == ReportKind::delayed) {
            return "It is tried again until " + date_of(message_.submission().arrived + options_.lifetime) +
                   ". You need do nothing; you will be told if it fails for good.";
        }
        if (input_.kind == ReportKind::delivered) return "";
        if (envelope_.ret == smtp::Return::headers || input_.body.empty())
            return "The header of your message is attached.";
        return is_whole() ? "Your message is attached." : "The first part of your message is attached.";
    }

    static void add_paragraph(std::string& text, std::string_view paragraph, std::string_view indent) {
        std::size_t column = 0;
        while (!paragraph.empty()) {
            const std::size_t end = std::min(paragraph.find(' '), paragraph.size());
            const std::string_view word = paragraph.substr(0, end);
            paragraph.remove_prefix(std::min(end + 1, paragraph.size()));
            if (word.empty()) continue;
            if (column != 0 && column + 1 + word.size() > kTextWidth) {
                text += "\r\n";
                column = 0;
            }
            text += column == 0 ? indent : " ";
            column += word.size() + (column == 0 ? indent.size() : 1);
            text += word;
        }
        text += "\r\n";
    }

    void add_recipient(std::string& text, std::uint32_t index) const {
        const Attempt& last = *state(index).last;
        text += "\r\n<" + envelope_.recipients[index].encode() + ">\r\n";
        if (input_.kind == ReportKind::delivered) return;
        const std::string host = clean(host_of(last.server), utf8_);
        std::string said = last.code == 0 ? "" : "The server " + host + (host.empty() ? "says: " : " says: ");
        if (last.code != 0) said += std::to_string(last.code) + ' ';
        if (last.code != 0 && !last.enhanced.empty()) said += last.enhanced + ' ';
        add_paragraph(text, said + clean(last.text, true), "    ");
        if (is_expired(last)) add_paragraph(text, "It was tried for as long as is customary.", "    ");
        const std::string status = status_of(last);
        std::string meaning;
        if (const auto known = email::enhanced_status_meaning(status))
            meaning = "It means: " + std::string(*known) + ". ";
        add_paragraph(text,
                      meaning + std::string(email::delivery_advice(status, input_.kind == ReportKind::failed)),
                      "    ");
    }

    mime::Entity words() const {
        mime::Entity part;
        part.type = type("text", "plain", {{"charset", "utf-8", ""}});
        std::string text;
        add_paragraph(text, opening(), "");
        for (const std::uint32_t index : input_.recipients)
            add_recipient(text, index);
        if (const std::string last = closing(); !last.empty()) {
            text += "\r\n";
            add_paragraph(text, last, "");
        }
        text += "\r\n-- \r\nThe mail system of " + options_.host_name + "\r\n";
        part.body = std::move(text);
        return part;
    }

    // For programs.

    // 4yz that it was not tried any longer for: RFC 3464 section 2.3.4 wants the class to say whether it is final, and
    // so does nearly nobody; the code that the server gave tells more.
    bool is_expired(const Attempt& attempt) const {
        return input_.kind == ReportKind::failed &&
               (attempt.code / 100 == 4 || attempt.enhanced.starts_with('4'));
    }

    std::string status_of(const Attempt& attempt) const {
        if (!attempt.enhanced.empty()) return clean(attempt.enhanced, false);
        if (input_.kind == ReportKind::delivered) return "2.0.0";
        if (attempt.code >= 400) return attempt.code < 500 ? "4.0.0" : "5.0.0";
        return input_.kind == ReportKind::failed ? "5.0.0" : "4.0.0";
    }

    bool is_in_mailboxes() const {
        return std::all_of(input_.recipients.begin(), input_.recipients.end(),
                           [this](std::uint32_t index) { return state(index).last->in_mailbox; });
    }

    std::string_view action(const Attempt& last) const {
        switch (input_.kind) {
            case ReportKind::failed:
                return "failed";
            case ReportKind::delayed:
                return "delayed";
            case ReportKind::delivered:
                return last.in_mailbox ? "delivered" : "relayed";
        }
        return "";
    }

    std::string address(const smtp::Mailbox& mailbox) const {
        const std::string text = mailbox.encode();
        return (ascii::is_ascii(text) ? "rfc822; " : "utf-8; ") + text;
    }

    mime::Entity status() const {
        mime::Entity part;
        part.type = type("message", utf8_ ? "global-delivery-status" : "delivery-status", {});
        std::string& text = part.body;
        if (!envelope_.envelope_id.empty())
            text += "Original-Envelope-Id: " + clean(envelope_.envelope_id, false) + "\r\n";
        text += "Reporting-MTA: dns; " + options_.host_name + "\r\n";
        text += "Arrival-Date: " + date_of(message_.submission().arrived) + "\r\n";
        for (const std::uint32_t index : input_.recipients) {
            const Attempt& last = *state(index).last;
            text += "\r\n";
            if (index < envelope_.recipient_options.size() &&
                !envelope_.recipient_options[index].original.empty()) {
                std::string original = clean(envelope_.recipient_options[index].original, utf8_);
                if (const std::size_t at = original.find(';'); at != std::string::npos)
                    original.insert(at + 1, " ");
                text += "Original-Recipient: " + original + "\r\n";
            }
            text += "Final-Recipient: " + address(envelope_.recipients[index]) + "\r\n";
            text += "Action: " + std::string(action(last)) + "\r\n";
            text += "Status: " + status_of(last) + "\r\n";
            const std::string host = clean(host_of(last.server), false);
            if (!host.empty()) text += "Remote-MTA: dns; " + host + "\r\n";
            if (last.code != 0) {
                text += "Diagnostic-Code: smtp; " + std::to_string(last.code) + ' ';
                if (!last.enhanced.empty()) text += clean(last.enhanced, false) + ' ';
                text += clean(last.text, utf8_) + "\r\n";
            } else if (!last.text.empty()) {
                text += "Diagnostic-Code: x-mailpipe; " + clean(last.text, utf8_) + "\r\n";
            }
            text += "Last-Attempt-Date: " + date_of(last.time) + "\r\n";
            if (input_.kind == ReportKind::delayed) {
                text +=
                    "Will-Retry-Until: " + date_of(message_.submission().arrived + options_.lifetime) + "\r\n";
            }
        }
        return part;
    }

    bool is_whole() const { return input_.header.size() + input_.body.size() >= envelope_.size.value_or(0); }

    mime::Entity returned() const {
        mime::Entity part;
        part.body = input_.header;
        const bool has_utf8 = !ascii::is_ascii(input_.header);
        if (input_.body.empty() && !is_whole()) {
            part.type = type("text", "rfc822-headers", {});
            if (has_utf8) part.type = type("message", "global-headers", {});
            return part;
        }
        part.type = type("message", has_utf8 ? "global" : "rfc822", {});
        part.body += input_.body;
        return part;
    }

    const Message& message_;
    const ReportInput& input_;
    const ReportOptions& options_;
    const smtp::Envelope& envelope_;
    bool utf8_;
};

}  // namespace

std::uint64_t returned_octets(const Message& message, ReportKind kind) {
    if (kind != ReportKind::failed) return 0;
    switch (message.submission().envelope.ret) {
        case smtp::Return::headers:
            return 0;
        case smtp::Return::full:
            return kReturnedFull;
        case smtp::Return::unspecified:
            return kReturnedPart;
    }
    return 0;
}

Result<Report> build_report(const Message& message, const ReportInput& input, const ReportOptions& options) {
    return ReportBuilder(message, input, options).build();
}

}  // namespace mailpipe::queue
