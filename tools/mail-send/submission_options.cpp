#include "tools/mail-send/submission_options.hpp"

#include <algorithm>

#include "mailpipe/app/fetch/retention.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr std::size_t kMostJobs = 100;

const Choices<smtp::Return> kReturn{{"full", smtp::Return::full}, {"hdrs", smtp::Return::headers}};
const Choices<smtp::Stage> kStages{{"connect", smtp::Stage::connect}, {"tls", smtp::Stage::tls},
                                   {"ehlo", smtp::Stage::ehlo},       {"auth", smtp::Stage::auth},
                                   {"mail", smtp::Stage::mail},       {"rcpt", smtp::Stage::rcpt},
                                   {"data", smtp::Stage::data}};

}  // namespace

void add_submission_options(CLI::App& app, app::SendOptions& options) {
    app::SubmissionOptions& asked = options.submission;
    add_parsed(app, "--notify", asked.notify, app::parse_notify, "never|success,failure,delay",
               "Ask for reports of these events for each recipient (DSN)");
    add_choice(app, "--ret", asked.ret, kReturn, "How much of the message a report of failure returns (DSN)");
    app.add_option("--envid", asked.envelope_id, "Name of this sending, which reports repeat (DSN)")
        ->type_name("ID");
    app.add_option_function<std::string>(
           "--orcpt",
           [&asked](const std::string& text) {
               asked.original = text.find(';') == std::string::npos ? "rfc822;" + text : text;
           },
           "Recipient that reports name (DSN; default: each recipient as it was given)")
        ->type_name("ADDRESS");
    add_parsed(app, "--deliver-by", asked.by, app::parse_deliver_by, "SECONDS[:R|N][T]",
               "Deliver within that time, else return the message (R) or tell (N) (DELIVERBY)");
    auto* hold_for = add_parsed(app, "--hold-for", asked.hold_for, app::parse_duration, "DURATION",
                                "Have the server keep the message so long: 90s, 15m, 12h (FUTURERELEASE)");
    add_parsed(app, "--hold-until", asked.hold_until, app::parse_hold_until, "TIME",
               "Have the server keep the message until then: 2026-11-30T08:00:00Z (FUTURERELEASE)")
        ->excludes(hold_for);
    app.add_option("--priority", asked.priority, "Priority from -9 to 9 (MT-PRIORITY)")
        ->type_name("N")
        ->check(CLI::Range(-9, 9));
    app.add_flag("--require-tls", asked.require_tls,
                 "Deliver over TLS all the way, or not at all (REQUIRETLS)");
    app.add_flag("--binary", asked.binary,
                 "Send bare CR, bare LF, NUL and long lines as they are (BINARYMIME)");
    app.add_option("--jobs", options.jobs, "Connections at a time (default: 1)")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, kMostJobs));
    app.add_flag("--explain", options.explain, "Say what a refusal means and what may be done");
    add_choice(app, "--stop-after", options.stop_after, kStages,
               "Go so far only, send nothing, and say whether that succeeded");
}

}  // namespace mailpipe::tools
