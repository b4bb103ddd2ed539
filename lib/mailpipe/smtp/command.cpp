#include "mailpipe/smtp/command.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/path.hpp"

namespace mailpipe::smtp {
namespace {

// "FROM:" or "TO:" and the path; RFC 5321 section 3.3 allows no space on either side of the colon.
Parsed<Path> parse_path_argument(std::string_view argument, std::string_view keyword,
                                 Result<Path> (*parse)(std::string_view)) {
    const std::string expected = std::string(keyword) + "<address> is expected";
    if (!ascii::starts_with_ignore_case(argument, keyword)) return refused(501, "5.5.4", expected);
    auto path = parse(argument.substr(keyword.size()));
    if (!path)
        return refused(501, keyword == "FROM:" ? "5.1.7" : "5.1.3", expected + ": " + path.error().message);
    path->length += keyword.size();
    if (path->length < argument.size() && argument[path->length] != ' ') {
        return refused(501, "5.5.4", "A space is expected behind the address");
    }
    return *path;
}

// esmtp-param = esmtp-keyword ["=" esmtp-value] ; esmtp-value = 1*(%d33-60 / %d62-126)
Parsed<void> parse_mail_parameter(std::string_view parameter, MailArguments& out) {
    const std::size_t equals = parameter.find('=');
    const std::string keyword = ascii::to_upper(parameter.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (keyword == "SIZE") {
        const auto size = ascii::parse_number(value);
        if (!size || value.size() > 20 || out.size)
            return refused(501, "5.5.4", "SIZE takes one decimal number");
        out.size = size;
    } else if (keyword == "BODY") {
        const std::string body = ascii::to_upper(value);
        if (body != "7BIT" && body != "8BITMIME") return refused(501, "5.5.4", "BODY is 7BIT or 8BITMIME");
        out.eight_bit = body == "8BITMIME";
    } else if (keyword == "AUTH") {
        if (value.empty()) return refused(501, "5.5.4", "AUTH takes a mailbox or <>");
    } else {
        return refused(555, "5.5.4", "Parameter is not supported: " + std::string(parameter.substr(0, equals)));
    }
    return {};
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
Parsed<MailArguments> parse_mail(std::string_view argument, bool esmtp) {
    auto path = parse_path_argument(argument, "FROM:", parse_reverse_path);
    if (!path) return tl::unexpected(path.error());
    MailArguments out;
    out.reverse_path = std::move(path->mailbox);
    for (std::string_view parameter : ascii::split_words(argument.substr(path->length))) {
        if (!esmtp) return refused(555, "5.5.4", "Parameters need EHLO");
        if (auto parsed = parse_mail_parameter(parameter, out); !parsed) return tl::unexpected(parsed.error());
    }
    return out;
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
Parsed<Mailbox> parse_rcpt(std::string_view argument) {
    auto path = parse_path_argument(argument, "TO:", parse_forward_path);
    if (!path) return tl::unexpected(path.error());
    if (path->source_route) return refused(550, "5.7.1", "Source routes are not accepted");
    const auto parameters = ascii::split_words(argument.substr(path->length));
    if (!parameters.empty()) {
        return refused(555, "5.5.4", "Parameter is not supported: " + std::string(parameters[0]));
    }
    return path->mailbox;
}

}  // namespace mailpipe::smtp
