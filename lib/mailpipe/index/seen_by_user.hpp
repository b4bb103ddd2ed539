#pragma once

#include <memory>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/index/mailbox.hpp"

namespace mailpipe::index {

// METADATA of a mailbox (Account::set_metadata()): "yes" gives each user but its owner a \Seen of his own.
inline constexpr const char* kSeenByUser = "/shared/vendor/mailpipe/seen-by-user";

// The mailbox as it is for a user who does not own it.
Result<std::shared_ptr<Mailbox>> mailbox_for(std::shared_ptr<Mailbox> mailbox, const std::string& user);

}  // namespace mailpipe::index
