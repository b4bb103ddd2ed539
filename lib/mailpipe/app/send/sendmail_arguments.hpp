#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::app {

// The command line that programs give to sendmail, mailq and newaliases, as far as mail-send obeys it.
struct SendmailArguments {
    enum class Mode {
        deliver,     // -bm: one message from stdin
        smtp,        // -bs: an SMTP session on stdin and stdout
        list_queue,  // -bp, mailq
        run_queue,   // -q
        nothing,     // newaliases, -bi: the aliases are read each time
    };
    Mode mode = Mode::deliver;
    bool recipients_from_header = false;           // -t
    bool dot_ends = true;                          // a line of one dot ends the message; false: -i, -oi
    bool verbose = false;                          // -v
    std::optional<std::string> from;               // -f, -r
    std::string full_name;                         // -F
    std::optional<smtp::Notify> notify;            // -N
    smtp::Return ret = smtp::Return::unspecified;  // -R
    std::string envelope_id;                       // -V
    std::optional<std::chrono::seconds> interval;  // -qTIME: again and again
    std::vector<std::string> recipients;           // as typed: each may be a list
};

// `program` is the name that it was called by. Single letters may stand together (-ti), a value in the same argument or
// the next (-fADDR, -f ADDR), options end at the first other argument or at "--". Options of delivery modes, error
// modes, logs and configuration that sendmail knows are accepted and change nothing. Errors: usage for an unknown
// option or a value that is missing or wrong, and for a recipient that begins with "-" without a "--" before it, which
// is an option that somebody has slipped in; `-bd` and its like are no mode of this program.
Result<SendmailArguments> parse_sendmail_arguments(std::string_view program,
                                                   const std::vector<std::string>& arguments);

}  // namespace mailpipe::app
