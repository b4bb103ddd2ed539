#include "mailpipe/smtp/reply_parser.hpp"

#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::smtp {
namespace {

constexpr std::size_t kQuoted = 60;  // octets of a wrong line that an error shows

Fail not_a_reply(std::string_view line, std::string_view why) {
    return fail(Errc::protocol,
                "malformed reply '" + terminal_text(line.substr(0, kQuoted)) + "': " + std::string(why));
}

// status-code = class "." subject "." detail ; class = "2"/"4"/"5" ; subject = detail = 1*3digit
std::size_t enhanced_length(std::string_view text, int code) {
    if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') return 0;
    std::size_t at = 2;
    for (int part = 0; part < 2; ++part) {
        const std::size_t start = at;
        while (at < text.size() && ascii::is_digit(text[at]))
            ++at;
        if (at == start || at - start > 3) return 0;
        if (part == 0 && (at == text.size() || text[at++] != '.')) return 0;
    }
    return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
// Reply-code = %x32-35 %x30-35 %x30-39
Result<std::optional<Reply>> ReplyParser::add(std::string_view line) {
    const bool has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && ascii::is_digit(line[1]) &&
                          ascii::is_digit(line[2]);
    if (!has_code) return not_a_reply(line, "a code from 200 to 599 is expected");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    const char separator = line.size() > 3 ? line[3] : ' ';
    if (separator != ' ' && separator != '-')
        return not_a_reply(line, "a space or '-' is expected behind the code");
    if (!partial_) {
        partial_.emplace();
        partial_->code = code;
        partial_->lines.clear();
    } else if (partial_->code != code) {
        return not_a_reply(line, "the code differs from that of the line before");
    }
    if (partial_->lines.size() >= limits::kReplyLines) {
        return fail(Errc::limit,
                    "reply has more lines than kReplyLines (" + std::to_string(limits::kReplyLines) + ")");
    }
    partial_->lines.emplace_back(line.size() > 4 ? line.substr(4) : std::string_view());
    if (separator == '-') return std::nullopt;
    return std::exchange(partial_, std::nullopt);
}

void extract_enhanced(Reply& reply) {
    for (auto& line : reply.lines) {
        const std::size_t length = enhanced_length(line, reply.code);
        if (length == 0) continue;
        if (reply.enhanced.empty()) reply.enhanced = line.substr(0, length);
        line.erase(0, length < line.size() ? length + 1 : length);
    }
}

}  // namespace mailpipe::smtp
