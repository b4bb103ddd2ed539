#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/app/send/outgoing.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/client_session.hpp"

// What mail-send writes to stdout: a receipt for each message. As JSONL, one object a line:
//
//   event       "sent" all recipients were accepted, "partial" some, "failed" none
//   server      the location as mail-json(5) spells it, without a password
//   messageId   array of msg-ids as in JMAP; absent when the message has none or could not be read
//   size        CRLF octets as sent, without Bcc when -t removed it; absent when the message could not be read
//   recipients  one object each, in the envelope's order:
//                 recipient  address
//                 accepted   boolean
//                 code       SMTP reply code; absent when the server said nothing about this recipient
//                 enhanced   enhanced status code "5.1.1"; absent when the reply had none
//                 text       the reply's text, lines joined by a space; absent with code
//               empty when the message could not be read
//   tls         "TLSv1.3"; absent without TLS
//   error       one line, when nothing was accepted: why
//   status      exit status that this message alone would give (sysexits); 0 when all were accepted
//   seconds     number: from the connect or the first command to the last reply
//
// As text, a line for people for each message.
namespace mailpipe::app {

struct Receipt {
    std::string server;
    const Outgoing* message = nullptr;  // nullptr: it could not be read
    std::vector<smtp::RecipientResult> recipients;
    std::string tls;
    std::optional<Error> error;
    int status = 0;
    std::chrono::duration<double> seconds{0};
};

class ReceiptWriter {
 public:
    explicit ReceiptWriter(const CommonOptions& options);
    // Flushed when it returns. Error io.
    Result<void> write(const Receipt& receipt);

 private:
    enum class Style { none, text, jsonl };
    Style style_;
};

}  // namespace mailpipe::app
