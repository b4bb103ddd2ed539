#include "tools/mail-list/options.hpp"

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-list maildir:Mail\n"
    "      A table on a terminal, JSONL into a pipe.\n"
    "  mail-list imaps://alice@imap.example.org --search 'UNSEEN SINCE 1-Nov-2026' --json\n"
    "      The server searches.\n"
    "  mail-list maildir:Mail --thread references --sort 'REVERSE DATE'\n"
    "      Conversations, the latest first.\n"
    "  mail-list maildir:Mail --search 'FROM bob LARGER 1000000' --json | mail-show --refs -\n"
    "      Read the messages that were found.\n"
    "  mail-list --mailboxes imaps://alice@imap.example.org\n"
    "      The tree of mailboxes, with what is unread.\n"
    "  mail-list maildir:Mail --search UNSEEN --json | mail-list --refs - --flag +Seen\n"
    "      Mark what is unread as read.\n"
    "  mail-list imaps://alice@imap.example.org --search 'BEFORE 1-Jan-2026' --move maildir:Archive\n"
    "      Each message leaves the server when it is safe in the Maildir.\n"
    "  mail-fetch imaps://alice@imap.example.org | mail-list -\n"
    "      List messages from stdin.\n";

// A change takes the place of a listing, and of what says how that looks.
void add_changes(CLI::App& app, app::ListOptions& options) {
    std::vector<CLI::Option*> changes;
    changes.push_back(add_list(app, "--flag", options.flags, "FLAGS",
                               "Set and clear flags: +Seen -Flagged; $forwarded and other keywords where the "
                               "mailbox keeps them"));
    changes.push_back(
        app.add_option("--move", options.move_to, "Move the messages there")->type_name("LOCATION"));
    changes.push_back(
        app.add_option("--copy", options.copy_to, "Copy the messages there")->type_name("LOCATION"));
    changes.push_back(app.add_flag("--delete", options.remove, "Remove the messages"));
    for (CLI::Option* change : changes) {
        for (CLI::Option* other : changes) {
            if (other != change) change->excludes(other);
        }
        for (const char* form : {"--sort", "--thread", "--reverse", "--count", "--fields"})
            change->excludes(app.get_option(form));
    }
}

}  // namespace

std::unique_ptr<CLI::App> make_list_app(app::ListOptions& options) {
    auto app = make_app("mail-list", "List, search, flag, move and delete messages.", kExamples);
    auto* locations =
        add_arguments(*app, "LOCATION", options.locations,
                      "maildir:PATH, mbox:PATH, a path, an imap://, imaps://, pop3:// or pop3s:// URL, "
                      "or - for messages on stdin");
    app->add_option("--search", options.search,
                    "List only what fits these IMAP search keys: FROM, TO, SUBJECT, SINCE, "
                    "BEFORE, SEEN, UNSEEN, LARGER, SMALLER (octets), TEXT, NOT, OR, ...")
        ->type_name("KEYS");
    app->add_option("--sort", options.sort,
                    "Order by IMAP sort keys: ARRIVAL, CC, DATE, DISPLAYFROM, DISPLAYTO, FROM, SIZE, SUBJECT, "
                    "TO, each with REVERSE before it or not")
        ->type_name("KEYS");
    app->add_option("--thread", options.thread,
                    "Put replies below what they answer: references or orderedsubject")
        ->type_name("ALGORITHM");
    app->add_flag("--reverse", options.reverse, "The last one first");
    app->add_option("--limit", options.limit, "At most so many messages")->type_name("COUNT");
    auto* count = app->add_flag("--count", options.count, "Only say how many there are");
    app->add_option(
           "--fields", options.fields,
           "Write only these properties, as JSON: subject, from, ..., header:NAME, header:NAME:asFORM:all")
        ->type_name("FIELD,...")
        ->delimiter(',')
        ->excludes(count);
    add_changes(*app, options);
    app->add_flag("--recursive", options.recursive, "Take the folders and Maildirs below a Maildir along");
    auto* follow = app->add_flag("--follow", options.follow, "Go on with the messages that arrive");
    for (const char* other :
         {"--sort", "--thread", "--reverse", "--count", "--flag", "--move", "--copy", "--delete"})
        follow->excludes(app->get_option(other));
    auto* mailboxes = app->add_flag("--mailboxes", options.mailboxes,
                                    "List the mailboxes and how many messages they have, not the messages");
    mailboxes->excludes(follow);
    for (const char* other : {"--search", "--sort", "--thread", "--reverse", "--limit", "--count", "--fields",
                              "--flag", "--move", "--copy", "--delete"})
        mailboxes->excludes(app->get_option(other));
    add_refs(*app, options.refs_from_stdin)->excludes(locations)->excludes(mailboxes)->excludes(follow);
    add_common_options(*app, options.common);
    add_client_options(*app, options.client);
    app->final_callback([&options] {
        if (options.locations.empty() && !options.refs_from_stdin) {
            throw CLI::RequiredError("LOCATION (or --refs -)");
        }
    });
    return app;
}

}  // namespace mailpipe::tools
