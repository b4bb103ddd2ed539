#include "mailpipe/app/serve/imap/manage_index.hpp"

#include <sys/stat.h>

#include <cstdio>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/serve/imap/describe.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/index/account.hpp"

namespace mailpipe::app {
namespace {

using Verb = ManageIndexOptions::Verb;

Result<void> run(const std::string& maildir, const ManageIndexOptions& options) {
    struct stat status {};
    // Opening one that is not there would make it.
    if (::stat((maildir + "/cur").c_str(), &status) != 0) return fail(Errc::not_found, "there is no Maildir");
    auto account = index::Account::open(maildir, describe);
    if (!account) {
        if (account.error().kind != Errc::unavailable) return tl::unexpected(account.error());
        return fail(Errc::temporary, "a server has it open");
    }
    if (options.verb == Verb::rebuild) {
        if (auto rebuilt = (*account)->rebuild(); !rebuilt) return rebuilt;
    }
    auto checked = (*account)->check();
    if (!checked) return tl::unexpected(checked.error());
    for (const std::string& problem : checked->problems)
        std::fputs((terminal_text(maildir + ": " + problem) + '\n').c_str(), stdout);
    if (!options.quiet)
        std::printf("%s: %zu messages in %zu mailboxes\n", terminal_text(maildir).c_str(), checked->messages,
                    checked->mailboxes);
    if (std::fflush(stdout) != 0) return fail(Errc::io, "standard output cannot be written");
    if (checked->problems.empty()) return {};
    return fail(Errc::data, "the index does not fit the Maildir; mail-serve index rebuild mends it");
}

}  // namespace

int run_manage_index(const ManageIndexOptions& options) {
    Diagnostics diagnostics("mail-serve index", options.quiet);
    for (const std::string& maildir : options.maildirs) {
        if (auto done = run(maildir, options); !done) diagnostics.error(maildir, done.error());
    }
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app
