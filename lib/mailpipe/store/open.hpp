#pragma once

#include <memory>
#include <string>

#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::store {

enum class Format { maildir, mbox };

// Errors: not_found, io.
Result<std::unique_ptr<MailboxReader>> open_reader(Format format, const std::string& path);
// Creates what is missing (parents included), mode 0700 and 0600. Errors: cannot_create, io, data when
// something else is at the path. An mbox is locked (OFD lock on the file, and a dot lock as other programs
// expect) while a group is published.
Result<std::unique_ptr<MailboxWriter>> open_writer(Format format, const std::string& path);
// What is at the path: a Maildir, an mbox (or an empty file), a single message (any other file), or nothing (no
// such path, or something else).
enum class Kind { maildir, mbox, message, nothing };
Kind detect(const std::string& path);

}  // namespace mailpipe::store
