#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/wire/line_ends.hpp"
#include "tests/unit/smtp/server_run.hpp"

using namespace mailpipe::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const test::ServerLog& log) {
    mailpipe::wire::LineEndChecker replies;
    replies.append(log.output);
    replies.finish();
    require(replies.clean() && log.output.size() >= 2 && log.output.substr(log.output.size() - 2) == "\r\n");
    for (const auto& event : log.events) {
        const bool names = event.substr(0, 5) == "mail " || event.substr(0, 5) == "rcpt ";
        require(!names || event.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
}

}  // namespace

// The first octet chooses protocol, TLS and how the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t choice = data[0];
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto options = test::server_options((choice & 1) != 0 ? ServerProtocol::lmtp : ServerProtocol::smtp);
    options.tls_available = (choice & 2) != 0;
    options.max_size = (choice & 4) != 0 ? 100 : 0;
    options.extensions.dsn = options.extensions.priority = options.extensions.require_tls = true;
    options.extensions.deliver_by_minimum = 10;
    options.extensions.max_hold_for = 86400;
    options.extensions.max_hold_until = 1795694400;
    const auto whole = test::run_server(input, options, std::string_view::npos);
    check(whole);
    const auto cut = test::run_server(input, options, 1U + (choice >> 3));
    check(cut);
    // What stands behind STARTTLS is an attack only when it is there in time, so cutting may change the
    // outcome.
    if (!options.tls_available) {
        require(cut.output == whole.output && cut.events == whole.events && cut.error == whole.error);
    }
    test::ServerRun ended(options);
    ended.feed(input);
    ended.feed_eof();
    check(ended.log);
    require(!ended.log.error.empty() || ended.log.events.back() == "quit");
    return 0;
}
