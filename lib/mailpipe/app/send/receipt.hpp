#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/app/send/outgoing.hpp"
#include "mailpipe/app/stage_times.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/net/tls.hpp"
#include "mailpipe/smtp/client_session.hpp"

// What mail-send writes to stdout: a receipt for each message. As JSONL, one object a line:
//
//   event       "sent" all recipients were accepted, "partial" some, "failed" none; "stopped" where --stop-after ended
//               the run, and nothing was sent
//   stage       with "stopped": the stage that was reached, as --stop-after names it
//   ref         of the message, with --refs
//   server      the location as mail-json(5) spells it, without a password; "mx:" for the hosts of each domain
//   messageId   array of msg-ids as in JMAP; absent when the message has none or could not be read
//   size        CRLF octets as sent, without Bcc when -t removed it; absent when the message could not be read
//   recipients  one object each, in the envelope's order:
//                 recipient  address
//                 accepted   boolean
//                 code       SMTP reply code; absent when the server said nothing about this recipient
//                 enhanced   enhanced status code "5.1.1"; absent when the reply had none
//                 text       the reply's text, lines joined by a space; absent with code
//                 server     who was asked, where that is not the server above
//                 tls        of that server; absent without TLS and where all recipients have the one below
//                 error      one line, without code and where the error below does not say it: why
//               empty when the message could not be read
//                 explanation   with --explain: what a refusal means and what may be done
//                 notTaken   extensions that were asked for and are not offered: ["DSN"]; absent where there are none
//   tls         "TLSv1.3", of all recipients; absent without TLS
//   cipher, certificate, stages   with --trace or --stop-after, of the connection used last: the cipher; subject, issuer,
//               notAfter and sha256 of the server's certificate; seconds that each stage took
//   copy        with --fcc: where the copy of what was sent is
//   copyError   one line: why it is not there
//   error       one line, when nothing was accepted: why
//   status      exit status that this message alone would give (sysexits); 0 when all were accepted
//   seconds     number: from the connect or the first command to the last reply
//
// As text, a line for people for each message.
namespace mailpipe::app {

struct RecipientReport {
    smtp::RecipientResult result;  // the reply's code is 0 where no server said anything
    std::string server;            // empty: that of the receipt
    std::string tls;
    std::string error;                   // without a reply: why
    std::string explanation;             // with --explain: what may be done
    std::vector<std::string> not_taken;  // as smtp::Finished says
};

struct Receipt {
    std::string server;
    std::string ref;                    // empty: the message came by stdin
    const Outgoing* message = nullptr;  // nullptr: it could not be read
    std::vector<RecipientReport> recipients;
    std::string copy;        // empty: none was made or wanted
    std::string copy_error;  // why it was not made
    std::optional<Error> error;
    int status = 0;
    std::chrono::duration<double> seconds{0};
    std::optional<smtp::Stage> stopped_after;  // the run ends there on purpose
    std::optional<net::TlsInfo> tls_info;      // here and below: to be shown
    std::optional<StageTimes> times;
};

class ReceiptWriter {
 public:
    explicit ReceiptWriter(const CommonOptions& options);
    // With its end; empty where nothing is to be written. On any thread.
    std::string line(const Receipt& receipt) const;
    // Flushed when it returns. Error io.
    Result<void> write(const std::string& line);

 private:
    enum class Style { none, text, jsonl };
    Style style_;
};

}  // namespace mailpipe::app
