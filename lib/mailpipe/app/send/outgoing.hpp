#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/smtp/client_session.hpp"

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
    // MessageInput::read() and MessageSpool; data for what SMTP cannot carry, for a text without header, and with -t
    // for a header without usable recipients; usage when -f is missing and the header names nobody.
    Result<void> load(MessageInput& input, const SendOptions& options, const GivenEnvelope& given);

    const smtp::Envelope& envelope() const { return envelope_; }
    const std::vector<std::string>& message_id() const { return message_id_; }
    std::uint64_t size() const { return envelope_.size.value_or(0); }  // CRLF octets as sent

    void rewind() { offset_ = 0; }
    // The next piece of what is sent, empty at the end; valid until the next call. Error io.
    Result<std::string_view> read();

 private:
    Result<void> load_text(MessageInput& input, bool repair);
    void keep_header(std::string_view text);
    Result<void> find_envelope(const SendOptions& options, const GivenEnvelope& given);

    MessageSpool spool_;
    std::string header_;
    bool header_complete_ = false;
    bool header_truncated_ = false;
    bool eight_bit_ = false;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> left_out_;  // Bcc, ascending
    std::uint64_t offset_ = 0;
    smtp::Envelope envelope_;
    std::vector<std::string> message_id_;
};

}  // namespace mailpipe::app
