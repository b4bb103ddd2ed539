#pragma once

#include <string>
#include <string_view>

#include "mailpipe/smtp/envelope.hpp"
#include "mailpipe/smtp/server_extensions.hpp"
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

// What stands behind "MAIL ": the envelope without recipients, hold_for and hold_until as they are asked for.
Parsed<Envelope> parse_mail(std::string_view argument, bool esmtp, const ServerExtensions& offered);

struct RcptArguments {
    Mailbox recipient;
    RecipientOptions options;
};

// What stands behind "RCPT ". A source route is refused with 550 5.7.1; `utf8` is what MAIL said.
Parsed<RcptArguments> parse_rcpt(std::string_view argument, bool esmtp, bool utf8,
                                 const ServerExtensions& offered);

}  // namespace mailpipe::smtp
