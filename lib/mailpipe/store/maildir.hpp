#pragma once

#include <memory>
#include <string>

#include "mailpipe/store/mailbox.hpp"

// Maildir. `path` is opened once; all names are taken relative to the handles of its directories.
namespace mailpipe::store {

Result<std::unique_ptr<MailboxReader>> open_maildir_reader(const std::string& path);
// A staged message is a file of tmp/ with its final name before the colon; its id is where publish() puts it:
// that name alone for new/, with ":2,FLAGS" for cur/.
Result<std::unique_ptr<MailboxWriter>> open_maildir_writer(const std::string& path);

}  // namespace mailpipe::store
