#include "mailpipe/app/send/outgoing.hpp"

#include <algorithm>

#include "mailpipe/app/send/header_envelope.hpp"
#include "mailpipe/app/send/text_check.hpp"
#include "mailpipe/base/limits.hpp"
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

}  // namespace

Result<GivenEnvelope> parse_given_envelope(const SendOptions& options) {
    GivenEnvelope given;
    if (options.has_from && (options.from.empty() || options.from == "<>")) {
        given.reverse_path = smtp::Mailbox{};
    } else if (options.has_from) {
        auto mailbox = smtp::parse_mailbox(options.from);
        if (!mailbox) return fail(Errc::usage, "-f: not an address: " + mailbox.error().message);
        given.reverse_path = std::move(*mailbox);
    }
    for (const std::string& text : options.recipients) {
        auto mailbox = smtp::parse_mailbox(text);
        if (!mailbox)
            return fail(Errc::usage, "recipient " + text + ": not an address: " + mailbox.error().message);
        add_recipient(given.recipients, std::move(*mailbox));
    }
    return given;
}

Result<void> Outgoing::load(MessageInput& input, const SendOptions& options, const GivenEnvelope& given) {
    spool_.clear();
    header_.clear();
    header_complete_ = header_truncated_ = eight_bit_ = false;
    left_out_.clear();
    message_id_.clear();
    offset_ = 0;
    envelope_ = {};
    if (input.is_ref()) return fail(Errc::data, "a record without raw is no message");
    if (auto loaded = load_text(input, options.repair); !loaded) return loaded;
    return find_envelope(options, given);
}

Result<void> Outgoing::load_text(MessageInput& input, bool repair) {
    TextCheck check;
    LineEndRepair mend;
    std::string mended;
    std::optional<Error> failure;
    while (true) {
        auto text = input.read();
        if (!text) return tl::unexpected(text.error());
        if (text->empty()) break;
        if (failure) continue;
        std::string_view piece = *text;
        if (repair) {
            mended.clear();
            mend.append(piece, mended);
            piece = mended;
        }
        check.append(piece);
        keep_header(piece);
        if (auto kept = spool_.append(piece); !kept) return kept;
        if (check.problem()) failure = Error{Errc::data, *check.problem()};
    }
    check.finish();
    if (check.problem()) return fail(Errc::data, *check.problem());
    // Every line of mail data ends in CRLF; the last one of a file often has none.
    if (spool_.size() > 0 && !check.ends_in_line_end()) {
        keep_header("\r\n");
        if (auto kept = spool_.append("\r\n"); !kept) return kept;
    }
    eight_bit_ = check.eight_bit();
    return {};
}

void Outgoing::keep_header(std::string_view text) {
    if (header_complete_) return;
    const std::size_t searched = header_.size() < 3 ? 0 : header_.size() - 3;
    header_ += text;
    const std::size_t end = header_.starts_with("\r\n") ? 0 : header_.find("\r\n\r\n", searched);
    if (end != std::string::npos) {
        header_.resize(end == 0 ? 2 : end + 4);
        header_complete_ = true;
    } else if (header_.size() > limits::kHeaderSize) {
        header_.resize(limits::kHeaderSize);
        header_complete_ = header_truncated_ = true;
    }
}

Result<void> Outgoing::find_envelope(const SendOptions& options, const GivenEnvelope& given) {
    const mime::Header header = mime::parse_header(header_);
    if (header.fields.empty()) return fail(Errc::data, "the message has no header");
    if (const mime::Field* field = header.find("Message-ID"))
        message_id_ = mime::parse_message_ids(field->value);
    HeaderEnvelope found = read_header_envelope(header);
    envelope_.recipients = given.recipients;
    if (options.recipients_from_header) {
        if (header_truncated_ || !header.limits.empty()) {
            return fail(Errc::limit,
                        "the header exceeds kHeaderSize or kHeaderFields; name the recipients instead of -t");
        }
        for (const std::string& text : found.recipients) {
            auto mailbox = smtp::parse_mailbox(text);
            if (!mailbox) {
                return fail(Errc::data, "recipient " + text + " of the header: " + mailbox.error().message);
            }
            add_recipient(envelope_.recipients, std::move(*mailbox));
        }
        if (envelope_.recipients.empty())
            return fail(Errc::data, "the header names no recipient in To, Cc or Bcc");
        left_out_ = std::move(found.blind);
    }
    if (given.reverse_path) {
        envelope_.reverse_path = *given.reverse_path;
    } else {
        if (!found.sender) return fail(Errc::usage, "the header has no address in Sender or From; give -f");
        auto mailbox = smtp::parse_mailbox(*found.sender);
        if (!mailbox) {
            return fail(Errc::data,
                        "sender " + *found.sender + " of the header: " + mailbox.error().message + "; give -f");
        }
        envelope_.reverse_path = std::move(*mailbox);
    }
    std::uint64_t size = spool_.size();
    for (const auto& range : left_out_)
        size -= range.second;
    envelope_.size = size;
    envelope_.eight_bit = eight_bit_;
    return {};
}

Result<std::string_view> Outgoing::read() {
    std::uint64_t end = spool_.size();
    for (const auto& range : left_out_) {
        if (offset_ == range.first) offset_ += range.second;
        if (offset_ < range.first) {
            end = range.first;
            break;
        }
    }
    if (offset_ >= spool_.size()) return std::string_view();
    auto piece = spool_.read(offset_);
    if (!piece) return piece;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece->size(), end - offset_));
    offset_ += length;
    return piece->substr(0, length);
}

}  // namespace mailpipe::app
