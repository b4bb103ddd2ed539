#include "mailpipe/smtp/types.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::smtp {
namespace {

// RFC 5321 section 4.5.3.1.5 allows 512 octets for a reply line, its code and CRLF included.
constexpr std::size_t kReplyText = 480;

Reply make_reply(int code, std::string enhanced, std::string text) {
    return Reply{code, std::move(enhanced), {std::move(text)}};
}

}  // namespace

std::string encode_reply(const Reply& reply, bool enhanced_status_codes) {
    static const std::vector<std::string> kNoText{""};
    const auto& lines = reply.lines.empty() ? kNoText : reply.lines;
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out += std::to_string(reply.code);
        out += i + 1 < lines.size() ? '-' : ' ';
        if (enhanced_status_codes && !reply.enhanced.empty()) out += reply.enhanced + ' ';
        for (char c : std::string_view(lines[i]).substr(0, kReplyText))
            out += ascii::is_control(c) ? '?' : c;
        out += "\r\n";
    }
    return out;
}

ServerReply to_server_reply(const Reply& reply) {
    std::string text;
    for (const auto& line : reply.lines) {
        if (!text.empty() && !line.empty()) text += ' ';
        text += line;
    }
    return ServerReply{reply.code, reply.enhanced, std::move(text)};
}

Errc reply_kind(const Reply& reply) {
    switch (reply.code) {
        case 530:
        case 534:
        case 535:
        case 538:
            return Errc::auth;
        case 550:
            return reply.enhanced == "5.1.1" ? Errc::no_user : Errc::permanent;
        default:
            break;
    }
    if (reply.code >= 400 && reply.code < 500) return Errc::temporary;
    return reply.code >= 500 && reply.code < 600 ? Errc::permanent : Errc::protocol;
}

// The texts say nothing about paths or users of this machine: the message of the error is for the log.
Reply reply_for(const Error& error) {
    if (error.reply && error.reply->code >= 400 && error.reply->code < 600) {
        return make_reply(error.reply->code, error.reply->enhanced, error.reply->text);
    }
    switch (error.kind) {
        case Errc::no_user:
            return make_reply(550, "5.1.1", "No such user here");
        case Errc::no_host:
            return make_reply(550, "5.1.2", "No such domain");
        case Errc::data:
            return make_reply(550, "5.6.0", "Message is malformed");
        case Errc::limit:
            return make_reply(552, "5.3.4", "Message is too large");
        case Errc::auth:
            return make_reply(535, "5.7.8", "Authentication failed");
        case Errc::permanent:
            return make_reply(554, "5.0.0", "Transaction failed");
        case Errc::unsupported:
            return make_reply(504, "5.5.1", "Not implemented");
        case Errc::protocol:
            return make_reply(500, "5.5.2", "Syntax error");
        case Errc::usage:
            return make_reply(501, "5.5.4", "Invalid argument");
        case Errc::unavailable:
            return make_reply(421, "4.3.2", "Service is not available");
        case Errc::tls:
            return make_reply(454, "4.7.0", "TLS is not available");
        case Errc::config:
            return make_reply(451, "4.3.5", "Server is misconfigured");
        case Errc::io:
            return make_reply(452, "4.3.1", "Message cannot be stored now");
        case Errc::cannot_create:
            return make_reply(451, "4.2.0", "Mailbox cannot be written");
        case Errc::not_found:
        case Errc::temporary:
            break;
    }
    return make_reply(451, "4.3.0", "Try again later");
}

}  // namespace mailpipe::smtp
