#include "tools/mail-send/options.hpp"

#include "tools/common/command.hpp"
#include "tools/common/direct_options.hpp"
#include "tools/common/shared_options.hpp"
#include "tools/mail-send/compose_options.hpp"
#include "tools/mail-send/queue_options.hpp"
#include "tools/mail-send/submission_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-send --server smtps://alice@mail.example.org -f alice@example.org bob@example.net < message.eml\n"
    "      Submit one message.\n"
    "  mail-send --server smtp://alice@mail.example.org:587 -t < message.eml\n"
    "      With STARTTLS; the recipients are in the header.\n"
    "  mail-send --server lmtp:/run/dovecot/lmtp -f '' alice@example.org < message.eml\n"
    "      Deliver into a local server, with a null reverse-path.\n"
    "  mail-show draft.eml --json --attachments | jq -c '.subject = \"Hello\"' |\n"
    "      mail-send --server smtps://alice@mail.example.org --from-json -t\n"
    "      Send it with another subject.\n"
    "  mail-send --server @work --to bob@example.net --subject Report --text report.txt --attach data.csv\n"
    "      Write a message and send it.\n";

const Choices<app::config::Dialect> kDialects{{"msmtprc", app::config::Dialect::msmtprc}};

}  // namespace

std::unique_ptr<CLI::App> make_send_app(app::SendOptions& options) {
    auto app = make_app("mail-send", "Submit messages from stdin over SMTP or LMTP.", kExamples);
    add_arguments(*app, "RCPT", options.recipients, "Addresses of the recipients");
    app->add_option(
           "--server", options.server,
           "smtp://, smtps:// or lmtp:// URL, lmtp:PATH of a socket, or mx: for the mail hosts of each domain")
        ->type_name("URL");
    app->add_option_function<std::string>(
           "-f,--from",
           [&options](const std::string& text) {
               options.from = text;
               options.has_from = true;
           },
           "Reverse-path; empty or <> for none (default: Sender or From of the header)")
        ->type_name("FROM");
    app->add_flag("-t,--recipients-from-header", options.recipients_from_header,
                  "Send to the addresses of To, Cc and Bcc");
    app->add_flag("--repair", options.repair,
                  "Mend bare CR, bare LF and lines of more than 998 octets, which are refused otherwise");
    app->add_flag("--from-json", options.from_json,
                  "Build each message from an Email object, one a line, as mail-show --json writes them");
    add_refs(*app, options.refs_from_stdin);
    add_submission_options(*app, options);
    app->add_option("--helo", options.helo_name, "Name of this host in EHLO (default: its own)")
        ->type_name("NAME");
    add_common_options(*app, options.common);
    add_client_options(*app, options.client, kSendTlsModes);
    add_direct_options(*app, options);
    add_compose_options(*app, options);
    add_queue_options(*app, options.queue);
    add_choice(
        *app, "--import", options.import, kDialects,
        "Print the configuration file that says what that file of another program (RCPT, or stdin) says");
    app->final_callback([&options] {
        if (options.import) {
            if (options.recipients.size() > 1) throw CLI::ExtrasError(options.recipients);
            return;
        }
        const app::QueueOptions::Action action = options.queue.action;
        if (action != app::QueueOptions::Action::none && action != app::QueueOptions::Action::add) return;
        if (options.fcc.retry) return;
        check_compose_options(options);
        if (options.compose.active()) options.recipients_from_header = true;
        if (options.server.empty() && action == app::QueueOptions::Action::none)
            throw CLI::RequiredError("--server (or --queue)");
        if (options.refs_from_stdin && options.from_json) throw CLI::ExcludesError("--refs", "--from-json");
        if (options.submission.binary && action == app::QueueOptions::Action::add)
            throw CLI::ExcludesError("--binary", "--queue");
        if (options.submission.binary && options.repair) throw CLI::ExcludesError("--binary", "--repair");
        if (options.recipients.empty() && !options.recipients_from_header)
            throw CLI::RequiredError("RCPT (or -t)");
    });
    return app;
}

}  // namespace mailpipe::tools
