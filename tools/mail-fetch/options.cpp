#include "tools/mail-fetch/options.hpp"

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-fetch imaps://alice@imap.example.org --to maildir:Mail\n"
    "      Fetch what has not been fetched before into the Maildir ./Mail.\n"
    "  mail-fetch pop3s://alice@pop.example.org --to mbox:inbox --delete --password-command 'pass mail'\n"
    "      Move everything into an mbox.\n"
    "  mail-fetch imaps://alice@imap.example.org/Lists --format jsonl | mail-show\n"
    "      Read the messages of a mailbox.\n"
    "  mail-list imaps://alice@imap.example.org --search 'FROM bob' --json | mail-fetch --refs - --to "
    "maildir:Bob\n"
    "      Fetch the messages that were found.\n";

}  // namespace

std::unique_ptr<CLI::App> make_fetch_app(app::FetchOptions& options) {
    auto app =
        make_app("mail-fetch", "Retrieve messages over POP3 or IMAP and deliver them safely.", kExamples);
    auto* sources = add_arguments(*app, "SOURCE", options.sources,
                                  "imap://, imaps://, pop3:// or pop3s:// URL of a mailbox or message");
    auto* to = app->add_option("--to", options.settings.destination,
                               "Deliver into maildir:PATH or mbox:PATH and print a "
                               "receipt for each message (default: messages on stdout)");
    to->type_name("DEST");
    auto* remove = app->add_flag("--delete", options.settings.retention.remove, "Delete from the server what has been delivered");
    remove->needs(to);
    app->add_flag_callback(
           "--keep", [&options] { options.settings.retention.remove = false; },
           "Leave the messages on the server and fetch each once (the default)")
        ->excludes(remove);
    add_refs(*app, options.refs_from_stdin)->excludes(sources);
    app->add_option("--state", options.state_directory,
                    "Keep the record of what was fetched in this directory "
                    "(default: $XDG_STATE_HOME/mailpipe)")
        ->type_name("DIR");
    add_choice(*app, "--format", options.format, kMessageFormats,
               "Form of the messages on stdout (default: mboxrd)")
        ->excludes(to);
    add_common_options(*app, options.common);
    add_client_options(*app, options.settings.client);
    app->final_callback([&options] {
        if (options.sources.empty() && !options.refs_from_stdin)
            throw CLI::RequiredError("SOURCE (or --refs -)");
    });
    return app;
}

}  // namespace mailpipe::tools
