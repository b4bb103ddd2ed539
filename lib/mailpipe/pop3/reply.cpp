#include "mailpipe/pop3/reply.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::pop3 {
namespace {

constexpr std::size_t kQuotedLine = 200;

bool is_response_code_character(char c) {
    return c > ' ' && c < 0x7F && c != '[' && c != ']';
}

// resp-code = "[" resp-level *("/" resp-level) "]"
void take_response_code(StatusReply& reply) {
    if (reply.text.empty() || reply.text[0] != '[') return;
    const std::size_t end = reply.text.find(']');
    if (end == std::string_view::npos || end == 1) return;
    const std::string_view code = reply.text.substr(1, end - 1);
    if (!std::all_of(code.begin(), code.end(), is_response_code_character)) return;
    reply.code = ascii::to_upper(code);
    reply.text = ascii::trim(reply.text.substr(end + 1));
}

}  // namespace

// single-line = status [SP text] CRLF; status = "+OK" / "-ERR"
std::optional<StatusReply> parse_status(std::string_view line) {
    StatusReply reply;
    std::size_t length = 0;
    if (line.substr(0, 3) == "+OK") {
        reply.ok = true;
        length = 3;
    } else if (line.substr(0, 4) == "-ERR") {
        length = 4;
    } else {
        return std::nullopt;
    }
    if (line.size() > length && !ascii::is_space(line[length])) return std::nullopt;
    reply.text = ascii::trim(line.substr(length));
    if (!reply.ok) take_response_code(reply);
    return reply;
}

Errc refusal_kind(const StatusReply& reply, Errc otherwise) {
    if (reply.code == "AUTH") return Errc::auth;
    if (reply.code == "IN-USE" || reply.code == "LOGIN-DELAY" || reply.code == "SYS/TEMP")
        return Errc::temporary;
    if (reply.code == "SYS/PERM") return Errc::permanent;
    return otherwise;
}

Error refusal(const StatusReply& reply, Errc otherwise, const std::string& what) {
    std::string message = what;
    if (!reply.code.empty()) message += ": [" + quote_line(reply.code) + "]";
    if (!reply.text.empty()) message += (reply.code.empty() ? ": " : " ") + quote_line(reply.text);
    return Error{refusal_kind(reply, otherwise), std::move(message),
                 ServerReply{0, reply.code, std::string(reply.text)}};
}

std::string_view find_timestamp(std::string_view greeting) {
    const std::size_t start = greeting.find('<');
    if (start == std::string_view::npos) return {};
    const std::size_t end = greeting.find('>', start);
    if (end == std::string_view::npos) return {};
    const std::string_view inside = greeting.substr(start + 1, end - start - 1);
    const std::size_t at = inside.find('@');
    const bool valid =
        at != std::string_view::npos && at > 0 && at + 1 < inside.size() &&
        inside.find('@', at + 1) == std::string_view::npos &&
        std::all_of(inside.begin(), inside.end(), [](char c) { return c > ' ' && c < 0x7F && c != '<'; });
    return valid ? greeting.substr(start, end - start + 1) : std::string_view();
}

std::string quote_line(std::string_view line) {
    std::string text = terminal_text(line.substr(0, kQuotedLine));
    if (line.size() > kQuotedLine) text += "...";
    return text;
}

}  // namespace mailpipe::pop3
