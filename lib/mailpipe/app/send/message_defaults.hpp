#pragma once

#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"

// What a message that is written here gets, by clock and chance.
namespace mailpipe::app {

mime::DateTime local_now();          // in this host's zone
Result<std::string> random_token();  // 32 hexadecimal digits; error io
// The domain of an address, for the right side of a Message-ID (RFC 5322 section 3.6.4); "localhost" where it cannot
// stand there.
std::string domain_for_id(const std::string& address);

// What is missing of Message-ID, Date and From, as CRLF text. Errors: io; data for an author that no header can hold. No author
// with an empty address is written.
Result<std::string> missing_fields(const mime::Header& header, const mime::Address& author);

}  // namespace mailpipe::app
