#pragma once

#include <memory>
#include <string>

#include "mailpipe/store/mailbox.hpp"

// mbox in the mboxrd variant (mbox_format.hpp). Entry::id is the decimal offset of the From_ line.
namespace mailpipe::store {

Result<std::unique_ptr<MailboxReader>> open_mbox_reader(const std::string& path);
// Staged messages lie in segments of the spool ".NAME.mailpipe/" beside the file (mbox_spool.hpp).
Result<std::unique_ptr<MailboxWriter>> open_mbox_writer(const std::string& path);

}  // namespace mailpipe::store
