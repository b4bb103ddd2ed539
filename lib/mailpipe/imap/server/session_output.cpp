#include <algorithm>
#include <utility>

#include "mailpipe/imap/response_framer.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {

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
    if (options.trace != nullptr) options.trace->client_line(text);
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
            options.trace->server_line(std::string(text) + "[" + std::to_string(**size) + " octets]");
        } else if (!text.empty()) {
            options.trace->server_line(text);
        }
        octets.remove_prefix(std::min(end + 2, octets.size()));
    }
}

}  // namespace mailpipe::imap::server
