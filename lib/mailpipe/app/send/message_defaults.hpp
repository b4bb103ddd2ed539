#pragma once

#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/mime/date.hpp"

// What a message that is written here gets, by clock and chance.
namespace mailpipe::app {

mime::DateTime local_now();          // in this host's zone
Result<std::string> random_token();  // 32 hexadecimal digits; error io
// The domain of an address, for the right side of a Message-ID (RFC 5322 section 3.6.4); "localhost" where it cannot
// stand there.
std::string domain_for_id(const std::string& address);

}  // namespace mailpipe::app
