#include "tools/mail-fetch/options.hpp"

#include <algorithm>

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-fetch imaps://alice@imap.example.org --to maildir:Mail\n"
    "      Fetch what has not been fetched before into the Maildir ./Mail.\n"
    "  mail-fetch pop3s://alice@pop.example.org --to mbox:inbox --delete --password-command 'pass mail'\n"
    "      Move everything into an mbox.\n"
    "  mail-fetch imaps://alice@imap.example.org --to maildir:Mail --route 'FROM boss@ -> maildir:Mail/.Boss'\n"
    "      Fetch into the Maildir ./Mail, and what the boss wrote into its folder Boss.\n"
    "  mail-fetch imaps://alice@imap.example.org/Lists --format jsonl | mail-show\n"
    "      Read the messages of a mailbox.\n"
    "  mail-list imaps://alice@imap.example.org --search 'FROM bob' --json | mail-fetch --refs - --to "
    "maildir:Bob\n"
    "      Fetch the messages that were found.\n";

// The rules, which need a destination.
std::vector<CLI::Option*> add_retention(CLI::App& app, app::FetchOptions& options) {
    app::Retention& retention = options.settings.retention;
    std::vector<CLI::Option*> rules;
    rules.push_back(
        app.add_flag("--delete", retention.remove, "Delete from the server what has been delivered"));
    rules.push_back(
        add_parsed(app, "--delete-after", retention.remove_after, app::parse_duration, "DURATION",
                   "Delete from the server what was delivered so long ago: 90s, 15m, 12h, 14d, 2w"));
    rules.push_back(
        app.add_flag("--delete-removed", retention.remove_removed,
                     "Delete from the server what was removed from the Maildir it was delivered to"));
    rules.push_back(app.add_option("--keep-newest", retention.keep_newest, "Delete all but so many messages")
                        ->type_name("N"));
    rules.push_back(add_parsed(app, "--keep-size", retention.keep_size, app::parse_size, "SIZE",
                               "Delete all but the newest that have so many octets together: 500k, 500M, 2G"));
    auto* keep = app.add_flag_callback(
        "--keep", [] {}, "Leave the messages on the server and fetch each once (the default)");
    for (CLI::Option* rule : rules)
        keep->excludes(rule);
    add_parsed(app, "--max-delete", retention.limit, app::parse_delete_limit, "N|N%",
               "Delete nothing when more than so many messages, or that share of them, would go");
    return rules;
}

void add_selection(CLI::App& app, app::Selection& selection) {
    auto* seen = app.add_flag_callback(
        "--seen-only", [&selection] { selection.seen = app::Seen::seen; },
        "Fetch and delete only what is marked as seen (IMAP)");
    app.add_flag_callback(
           "--unseen-only", [&selection] { selection.seen = app::Seen::unseen; },
           "Fetch and delete only what is not marked as seen (IMAP)")
        ->excludes(seen);
    app.add_option("--search", selection.search,
                   "Fetch and delete only what matches, in the language of IMAP SEARCH (IMAP)")
        ->type_name("QUERY");
    add_parsed(app, "--max-size", selection.max_size, app::parse_size, "SIZE",
               "Fetch and delete only messages of at most so many octets: 500k, 20M");
    add_parsed(app, "--max-age", selection.max_age, app::parse_duration, "DURATION",
               "Fetch and delete only what came to the mailbox since then: 12h, 14d (IMAP)");
    add_list(app, "--mailboxes", selection.mailboxes, "PATTERN",
             "Fetch from the mailboxes of the account with such a name; * is any characters, % any but the "
             "hierarchy delimiter; may be repeated (IMAP)");
    add_list(app, "--special-use", selection.special_use, "USE",
             "Fetch from the mailboxes with this use: all, archive, drafts, flagged, junk, sent, trash; may be "
             "repeated (IMAP)");
    app.add_flag("--subscribed", selection.subscribed, "Fetch from the subscribed mailboxes (IMAP)");
}

const Choices<app::config::Dialect> kDialects{{"fetchmailrc", app::config::Dialect::fetchmailrc},
                                              {"getmailrc", app::config::Dialect::getmailrc},
                                              {"mpoprc", app::config::Dialect::mpoprc},
                                              {"mbsyncrc", app::config::Dialect::mbsyncrc},
                                              {"msmtprc", app::config::Dialect::msmtprc}};

const Choices<app::Summary> kSummaries{
    {"news", app::Summary::news}, {"always", app::Summary::always}, {"never", app::Summary::never}};

// How a run goes, whatever it fetches.
void add_run(CLI::App& app, app::FetchOptions& options) {
    app.add_flag("--dry-run", options.dry_run, "Print what would be fetched and deleted, and change nothing");
    app.add_flag(
        "--watch", options.watch,
        "Go on: fetch what arrives as soon as the server tells (IMAP), or at each interval, until a signal "
        "comes");
    add_parsed(app, "--interval", options.interval, app::parse_duration, "DURATION",
               "With --watch, look at a server that does not tell of news so often (default 5m)");
    app.add_option(
           "--wait-lock", options.wait_lock,
           "Wait that long for another mail-fetch that fetches from the same source (default: not at all)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 86400.0).description(""));
    app.add_option("--jobs", options.jobs, "Fetch from so many accounts at the same time (default 8)")
        ->type_name("N")
        ->check(CLI::Range(1, 100).description(""));
    app.add_option("--state", options.state_directory,
                   "Keep the record of what was fetched in this directory "
                   "(default: $XDG_STATE_HOME/mailpipe)")
        ->type_name("DIR");
}

// An account may have a destination of its own.
void check_rules(const app::FetchOptions& options, const std::vector<CLI::Option*>& rules,
                 const CLI::Option* to) {
    const bool has_account = std::any_of(options.sources.begin(), options.sources.end(),
                                         [](const std::string& text) { return text.starts_with('@'); });
    for (const CLI::Option* rule : rules) {
        if (rule->count() != 0 && to->count() == 0 && !has_account)
            throw CLI::RequiresError(rule->get_name(), "--to");
    }
}

}  // namespace

std::unique_ptr<CLI::App> make_fetch_app(app::FetchOptions& options) {
    auto app =
        make_app("mail-fetch", "Retrieve messages over POP3 or IMAP and deliver them safely.", kExamples);
    auto* sources =
        add_arguments(*app, "SOURCE", options.sources,
                      "imap://, imaps://, pop3:// or pop3s:// URL of a mailbox or message, @NAME of "
                      "an account, or @all");
    auto* to = app->add_option(
        "--to", options.settings.destination,
        "Deliver into maildir:PATH or mbox:PATH, or to an imap, imaps, smtp, smtps or lmtp URL, "
        "lmtp:PATH or pipe:COMMAND, and print a receipt for each message (default: messages on stdout)");
    to->type_name("DEST");
    auto rules = add_retention(*app, options);
    rules.push_back(add_list(*app, "--route", options.settings.routes, "RULE",
                             "'QUERY -> DEST': deliver there what matches, in the language of IMAP SEARCH; the "
                             "first rule that does decides; may be repeated"));
    rules.push_back(
        add_list(*app, "--rcpt", options.settings.recipients, "ADDRESS",
                 "Recipient at an SMTP or LMTP destination (default: the user of the source); may be "
                 "repeated"));
    rules.push_back(add_choice(*app, "--to-tls", options.settings.destination_tls, kTlsModes,
                               "How TLS is used with the destination (default: by its URL, as with --tls)"));
    rules.push_back(add_choice(*app, "--summary", options.summary, kSummaries,
                               "Say at the end what was done with each source and in all: if anything was, "
                               "always, or never (default: as text only, of each source)"));
    add_selection(*app, options.settings.selection);
    app->add_flag("--headers-only", options.settings.headers_only, "Fetch the headers of the messages only");
    add_run(*app, options);
    add_refs(*app, options.refs_from_stdin)->excludes(sources);
    add_choice(*app, "--format", options.format, kMessageFormats,
               "Form of the messages on stdout (default: mboxrd)")
        ->excludes(to);
    add_common_options(*app, options.common);
    add_client_options(*app, options.settings.client);
    app->add_flag("--check-config", options.check_config, "Only look for errors in the configuration file")
        ->excludes(sources);
    add_choice(
        *app, "--import", options.import, kDialects,
        "Print the configuration file that says what that file of another program (SOURCE, or stdin) says");
    app->final_callback([&options, rules, to] {
        check_rules(options, rules, to);
        if (options.import) {
            if (options.sources.size() > 1) throw CLI::ExtrasError(options.sources);
            return;
        }
        if (options.sources.empty() && !options.refs_from_stdin && !options.check_config)
            throw CLI::RequiredError("SOURCE (or --refs -)");
    });
    return app;
}

}  // namespace mailpipe::tools
