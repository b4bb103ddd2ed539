#include "mailpipe/app/serve/metrics/http_answer.hpp"

#include <fmt/format.h>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        default:
            return "Bad Request";
    }
}

}  // namespace

// request-line = method SP request-target SP HTTP-version
std::optional<HttpRequest> parse_http_request(std::string_view received, std::string_view path) {
    if (received.size() > kHttpRequest) return HttpRequest{400};
    // Who speaks another protocol, TLS for one, is told at once.
    if (!received.empty() && (received[0] < 'A' || received[0] > 'Z')) return HttpRequest{400};
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = received.substr(0, received.find("\r\n"));
    const auto words = ascii::split(line, ' ');
    if (words.size() != 3 || (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0")) return HttpRequest{400};
    const std::string_view target = std::string_view(words[1]).substr(0, words[1].find('?'));
    if (target != path) return HttpRequest{404};
    return HttpRequest{words[0] == "GET" ? 200 : 405};
}

std::string encode_http_answer(int status, std::string_view body) {
    const std::string text = status == 200 ? std::string(body) : std::string(reason(status)) + "\n";
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}", status,
        reason(status),
        status == 200 ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain",
        text.size(), status == 405 ? "Allow: GET\r\n" : "", text);
}

}  // namespace mailpipe::app::serve
