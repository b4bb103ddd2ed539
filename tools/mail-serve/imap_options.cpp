#include "tools/mail-serve/imap_options.hpp"

namespace mailpipe::tools {

void add_imap_options(CLI::App& app, app::ImapOptions& options) {
    app.add_option("--imap-message-limit", options.message_limit,
                   "Let one IMAP command work on that many messages at most (default: any number)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000000000).description(""));
    app.add_option("--imap-progress", options.progress_seconds,
                   "Tell an IMAP client how far a command is that takes longer (default: 10)")
        ->type_name("SECONDS")
        ->check(CLI::Range(1, 3600).description(""));
}

}  // namespace mailpipe::tools
