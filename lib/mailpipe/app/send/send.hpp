#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/config/dialect.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/app/queue/queue_options.hpp"
#include "mailpipe/app/send/compose_options.hpp"
#include "mailpipe/app/send/direct_options.hpp"
#include "mailpipe/app/send/submission.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

class AddressBook;
struct Completion;

struct SendOptions {
    CommonOptions common;
    ClientOptions client;
    std::string server;
    DirectOptions direct;
    QueueOptions queue;
    std::string from;  // reverse-path; "<>" or empty string given explicitly: null
    bool has_from = false;
    std::vector<std::string> recipients;  // for what looks at or changes the queue: ids of messages
    bool recipients_from_header = false;  // -t
    bool repair = false;                  // --repair: mend bare CR, bare LF, missing last line end
    bool from_json = false;               // --from-json: Email objects become messages
    bool refs_from_stdin = false;         // --refs: stdin names messages, which are in stores
    std::string helo_name;
    SubmissionOptions submission;
    std::size_t jobs = 1;  // connections at a time
    std::optional<smtp::Stage> stop_after;
    bool explain = false;
    std::optional<config::Dialect> import;  // --import: of the file that is the only recipient, or stdin
    ComposeOptions compose;
    double rate = 0;  // messages a second; 0: as fast as it goes
    FccOptions fcc;
    // Of sendmail's interface (app/send/sendmail.hpp).
    std::string program = "mail-send";             // in errors
    std::shared_ptr<const AddressBook> addresses;  // what recipients stand for; null: themselves
    std::shared_ptr<const Completion> completion;  // null: stdin has messages in any format
};

// Runs mail-send; the exit status.
MAILPIPE_EXPORT int run_send(const SendOptions& options);

}  // namespace mailpipe::app
