#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

// The little of HTTP/1.1 (RFC 9112) that a scraper of metrics needs: one GET, one answer, and the connection ends.
namespace mailpipe::app::serve {

inline constexpr std::size_t kHttpRequest = 8192;  // octets of the request line and the header

// What an answer consists of.
struct HttpRequest {
    int status = 0;  // 200 when it is a GET of the path; else 400, 404 or 405
};

// nullopt: more is needed. `received` is all that came so far.
std::optional<HttpRequest> parse_http_request(std::string_view received, std::string_view path);

// Status line, header and body. The body is OpenMetrics for 200, else a line of text.
std::string encode_http_answer(int status, std::string_view body);

}  // namespace mailpipe::app::serve
