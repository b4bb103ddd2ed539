#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/smtp/client_session.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

// The envelope that the command line gives: errors usage.
struct GivenEnvelope {
    std::optional<smtp::Mailbox> reverse_path;  // nullopt: by the header
    std::vector<smtp::Mailbox> recipients;
};
Result<GivenEnvelope> parse_given_envelope(const SendOptions& options);

// A message that was read and found fit to be sent.
class Outgoing {
 public:
    // Reads the message that `input` stands at, to its end whatever comes. Errors: those of
    // MessageReader::read() and OutgoingText; data for what SMTP cannot carry, for a text without header, and with -t
    // for a header without usable recipients; usage when -f is missing and the header names nobody.
    Result<void> load(store::MessageReader& input, const SendOptions& options, const GivenEnvelope& given);

    const smtp::Envelope& envelope() const { return envelope_; }
    const std::vector<std::string>& message_id() const { return message_id_; }
    std::uint64_t size() const { return envelope_.size.value_or(0); }  // CRLF octets as sent
    OutgoingText& text() { return text_; }                             // what is sent

 private:
    Result<void> load_text(store::MessageReader& input, bool repair);
    Result<void> take(OutgoingText& mended);
    Result<void> find_envelope(const SendOptions& options, const GivenEnvelope& given);

    OutgoingText text_;
    smtp::Envelope envelope_;
    std::vector<std::string> message_id_;
};

}  // namespace mailpipe::app
