#include "mailpipe/app/serve/smtp/trace_fields.hpp"

#include <fmt/format.h>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kReceived = "Received:";

// TCP-info = address-literal / ( Domain FWS address-literal )
std::string tcp_info(const std::string& address) {
    if (address.empty()) return "";
    return fmt::format(" ([{}{}])", address.find(':') == std::string::npos ? "" : "IPv6:", address);
}

}  // namespace

std::string with_protocol(bool lmtp, bool esmtp, bool utf8, bool tls, bool authenticated) {
    std::string name = lmtp ? "LMTP" : esmtp && !utf8 ? "ESMTP" : "SMTP";
    if (utf8) name = "UTF8" + name;
    if (tls) name += 'S';
    if (authenticated) name += 'A';
    return name;
}

std::string trace_fields(const TraceInfo& info) {
    return fmt::format(
        "Return-Path: <{}>\r\n"
        "Delivered-To: {}\r\n"
        "Received: from {}{}\r\n"
        "\tby {} (mailpipe) with {} id {}\r\n"
        "\tfor <{}>; {}\r\n",
        info.reverse_path.encode(), info.recipient.encode(), info.helo, tcp_info(info.peer_address),
        info.host_name, info.protocol, info.id, info.recipient.encode(), rfc5322_date(info.time));
}

std::string received_field(const TraceInfo& info) {
    return fmt::format("Received: from {}{}\r\n\tby {} (mailpipe) with {} id {};\r\n\t{}\r\n", info.helo,
                       tcp_info(info.peer_address), info.host_name, info.protocol, info.id,
                       rfc5322_date(info.time));
}

std::string rfc5322_date(std::time_t time) {
    return mime::encode_date(mime::utc_date(time));
}

void ReceivedCounter::append(std::string_view crlf_text) {
    while (in_header_ && !crlf_text.empty()) {
        const std::size_t line_end = crlf_text.find('\n');
        const bool whole = line_end != std::string_view::npos;
        const std::string_view piece = crlf_text.substr(0, whole ? line_end + 1 : crlf_text.size());
        crlf_text.remove_prefix(piece.size());
        if (!line_judged_) {
            line_start_ += piece.substr(0, kReceived.size() - line_start_.size());
            line_judged_ = whole || line_start_.size() == kReceived.size();
            if (ascii::equals_ignore_case(line_start_, kReceived)) ++count_;
            if (whole && (line_start_ == "\r\n" || line_start_ == "\n")) in_header_ = false;
        }
        if (whole) {
            line_start_.clear();
            line_judged_ = false;
        }
    }
}

}  // namespace mailpipe::app::serve
