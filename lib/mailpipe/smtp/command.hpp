#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/smtp/types.hpp"

// Commands as a server reads them. Internal to smtp/. A parser that refuses gives the reply to send.
namespace mailpipe::smtp {

template <class T>
using Parsed = tl::expected<T, Reply>;

tl::unexpected<Reply> refused(int code, std::string enhanced, std::string text);

struct Command {
    std::string verb;           // upper case
    std::string_view argument;  // without white space around it
};

// Refuses control characters and octets that no command has.
Parsed<Command> parse_command(std::string_view line);

struct MailArguments {
    Mailbox reverse_path;
    std::optional<std::uint64_t> size;
    bool eight_bit = false;
};

// What stands behind "MAIL " and "RCPT ". SIZE (RFC 1870), BODY (RFC 6152) and AUTH (RFC 4954 section 5,
// ignored: no peer is trusted to name a submitter) are the parameters of MAIL; others are refused with 555. A
// source route in RCPT is refused with 550 5.7.1.
Parsed<MailArguments> parse_mail(std::string_view argument, bool esmtp);
Parsed<Mailbox> parse_rcpt(std::string_view argument);

}  // namespace mailpipe::smtp
