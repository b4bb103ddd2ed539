#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/response_framer.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {
namespace {

// The token of an authorized URL opens its message to whoever reads it (RFC 4467 section 3).
std::string hide_tokens(std::string_view text) {
    constexpr std::string_view kMark = ":internal:";
    const std::string lower = ascii::to_lower(text);
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = lower.find(kMark); at != std::string::npos; at = lower.find(kMark, from)) {
        const std::size_t token = at + kMark.size();
        out += text.substr(from, token - from);
        out += "***";
        from = std::min(lower.find_first_not_of("0123456789abcdef", token), lower.size());
    }
    out += text.substr(from);
    return out;
}

}  // namespace

void Session::Impl::line(std::string_view text) {
    plain += text;
    plain += "\r\n";
    if (options.trace != nullptr) options.trace->server_line(text);
}

void Session::Impl::respond(std::string_view octets) {
    if (reading == Reading::over) return;
    plain += octets;
    if (options.trace != nullptr) trace_server(octets);
}

void Session::Impl::respond_with(std::string octets) {
    if (!plain.empty() || reading == Reading::over) return respond(octets);
    plain = std::move(octets);
    if (options.trace != nullptr) trace_server(plain);
}

std::string Session::Impl::take_output() {
    if (!deflate)
        return out.empty() ? std::exchange(plain, {}) : std::exchange(out, {}) + std::exchange(plain, {});
    if (!plain.empty()) out += deflate->compress(plain);
    plain.clear();
    return std::exchange(out, {});
}

// The tagged OK of COMPRESS is the last that goes out plain (RFC 4978 section 3).
void Session::Impl::start_compression() {
    out += std::exchange(plain, {});
    deflate = std::make_unique<wire::Deflate>();
    // What the client sent behind the command must be compressed; if it is not, that shows.
    deflate->feed(input.view());
    compressed_held = input.view().size();
    input.clear();
}

void Session::Impl::stop_compression() {
    if (!deflate) return;
    out += deflate->compress(plain);
    plain.clear();
    deflate.reset();
}

void Session::Impl::trace_client(std::string_view text) {
    if (options.trace != nullptr) options.trace->client_line(hide_tokens(text));
}

// Line by line, but literals, which may hold anything.
void Session::Impl::trace_server(std::string_view octets) {
    while (!octets.empty()) {
        const std::size_t skipped =
            static_cast<std::size_t>(std::min<std::uint64_t>(traced_literal, octets.size()));
        octets.remove_prefix(skipped);
        traced_literal -= skipped;
        if (octets.empty()) return;
        const std::size_t end = std::min(octets.find("\r\n"), octets.size());
        const std::string_view text = octets.substr(0, end);
        const auto size = literal_size(text);
        if (size && *size) {
            traced_literal = **size;
            options.trace->server_line(hide_tokens(text) + "[" + std::to_string(**size) + " octets]");
        } else if (!text.empty()) {
            options.trace->server_line(hide_tokens(text));
        }
        octets.remove_prefix(std::min(end + 2, octets.size()));
    }
}

}  // namespace mailpipe::imap::server
