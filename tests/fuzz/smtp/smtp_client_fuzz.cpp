#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/unit/smtp/client_run.hpp"

using namespace mailpipe::smtp;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

// The first octet chooses the options, the rest is what the server says: a line each time the client waits, or
// pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint8_t choice = data[0];
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    auto options = test::client_options(static_cast<TlsUse>(choice % 3));
    options.protocol = (choice & 4) != 0 ? Protocol::lmtp : Protocol::smtp;
    if ((choice & 8) != 0) {
        options.user = "alice";
        options.password = mailpipe::Secret("secret");
        options.allow_plaintext_auth = (choice & 16) != 0;
    }
    auto first = test::submission({"x@y.org", "z@y.org"});
    first.envelope.size = first.body.size();
    first.envelope.ret = Return::headers;
    first.envelope.recipient_options = {{Notify{}, "rfc822;x@y.org"}, {}};
    first.envelope.priority = 1;
    test::ClientRun run(options, {first, test::submission({"x@y.org"})});
    run.ahead = (choice & 128) != 0;
    run.drain();
    while (!input.empty()) {
        const std::size_t line = input.find('\n');
        const std::size_t length =
            (choice & 32) != 0 || line == std::string_view::npos ? input.size() : line + 1;
        run.feed(input.substr(0, length), (choice & 64) != 0 ? 1 : std::string_view::npos);
        input.remove_prefix(length);
    }
    run.session.feed_eof();
    run.drain();
    require(run.log.error.has_value() || run.log.events.back() == "closed");
    // A password never leaves before TLS unless that was allowed.
    const bool may_login = options.tls != TlsUse::none || options.allow_plaintext_auth;
    require(may_login || run.log.output.find("AUTH") == std::string::npos);
    for (const auto& finished : run.log.finished) {
        bool any = false;
        for (const auto& result : finished.recipients) {
            any = any || result.accepted;
            require(!result.accepted || (result.reply.code >= 200 && result.reply.code < 300));
        }
        require(any != finished.error.has_value());
    }
    return 0;
}
