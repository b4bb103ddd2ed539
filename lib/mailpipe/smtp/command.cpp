#include "mailpipe/smtp/command.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/mail_parameters.hpp"
#include "mailpipe/smtp/parameters.hpp"
#include "mailpipe/smtp/path.hpp"

namespace mailpipe::smtp {
namespace {

// "FROM:" or "TO:" and the path; RFC 5321 section 3.3 allows no space on either side of the colon.
Parsed<Path> parse_path_argument(std::string_view argument, std::string_view keyword, bool utf8,
                                 Result<Path> (*parse)(std::string_view, bool)) {
    const std::string expected = std::string(keyword) + "<address> is expected";
    if (!ascii::starts_with_ignore_case(argument, keyword)) return refused(501, "5.5.4", expected);
    auto path = parse(argument.substr(keyword.size()), utf8);
    if (!path)
        return refused(501, keyword == "FROM:" ? "5.1.7" : "5.1.3", expected + ": " + path.error().message);
    path->length += keyword.size();
    if (path->length < argument.size() && argument[path->length] != ' ') {
        return refused(501, "5.5.4", "A space is expected behind the address");
    }
    return *path;
}

}  // namespace

tl::unexpected<Reply> refused(int code, std::string enhanced, std::string text) {
    return tl::unexpected<Reply>(Reply{code, std::move(enhanced), {std::move(text)}});
}

Parsed<Command> parse_command(std::string_view line) {
    const bool clean =
        std::none_of(line.begin(), line.end(), [](char c) { return ascii::is_control(c) && c != '\t'; });
    if (!clean) return refused(500, "5.5.2", "Control character in command");
    const std::size_t space = line.find_first_of(" \t");
    Command command{ascii::to_upper(line.substr(0, space)), {}};
    if (space != std::string_view::npos) command.argument = ascii::trim(line.substr(space));
    if (command.verb.empty()) return refused(500, "5.5.2", "Command is empty");
    return command;
}

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
Parsed<Envelope> parse_mail(std::string_view argument, bool esmtp, const ServerExtensions& offered) {
    auto path = parse_path_argument(argument, "FROM:", offered.utf8, parse_reverse_path);
    if (!path) return tl::unexpected(path.error());
    Envelope out;
    out.reverse_path = std::move(path->mailbox);
    const std::string_view parameters = argument.substr(path->length);
    if (!esmtp && !parameters.empty()) return refused(555, "5.5.4", "Parameters need EHLO");
    if (auto parsed = parse_mail_parameters(parameters, offered, out); !parsed)
        return tl::unexpected(parsed.error());
    return out;
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
Parsed<RcptArguments> parse_rcpt(std::string_view argument, bool esmtp, bool utf8,
                                 const ServerExtensions& offered) {
    auto path = parse_path_argument(argument, "TO:", offered.utf8, parse_forward_path);
    if (!path) return tl::unexpected(path.error());
    if (path->source_route) return refused(550, "5.7.1", "Source routes are not accepted");
    if (needs_utf8(path->mailbox) && !utf8)
        return refused(553, "5.6.7", "An address that is not ASCII needs SMTPUTF8 in MAIL");
    const std::string_view parameters = argument.substr(path->length);
    if (!esmtp && !parameters.empty()) return refused(555, "5.5.4", "Parameters need EHLO");
    auto options = parse_rcpt_parameters(parameters, offered);
    if (!options) return tl::unexpected(options.error());
    return RcptArguments{std::move(path->mailbox), std::move(*options)};
}

}  // namespace mailpipe::smtp
