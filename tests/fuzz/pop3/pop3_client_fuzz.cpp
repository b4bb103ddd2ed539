#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "mailpipe/pop3/client_session.hpp"

// Input: options, piece size, commands; then the server's octets. In these "|" parts two reads and "~" is the
// end of a TLS handshake.
namespace {

namespace pop3 = mailpipe::pop3;
namespace wire = mailpipe::wire;

void require(bool holds) {
    if (!holds) std::abort();
}

class Run {
 public:
    Run(std::uint8_t flags, std::uint8_t commands) : commands_(commands), session_(options(flags)) {
        must_have_tls_ = flags % 4 == 1;
    }

    void drain() {
        while (!over_) {
            auto step = session_.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            judge(step);
        }
    }
    void feed(std::string_view octets) {
        session_.feed(octets);
        drain();
    }
    void tls_started() {
        if (!tls_asked_) return;
        must_have_tls_ = false;
        session_.tls_started();
        drain();
    }
    void eof() {
        session_.feed_eof();
        drain();
        require(over_ || (tls_asked_ && !over_));
    }

 private:
    static pop3::ClientOptions options(std::uint8_t flags) {
        pop3::ClientOptions options;
        options.user = "alice";
        options.password = mailpipe::Secret("secret");
        options.tls = flags % 4 == 1   ? pop3::TlsUse::starttls
                      : flags % 4 == 2 ? pop3::TlsUse::implicit
                                       : pop3::TlsUse::none;
        options.allow_plaintext_auth = flags % 4 == 0;
        options.window = flags & 0x40 ? 3 : 64;
        options.max_listed = 100;
        return options;
    }

    void judge(const pop3::ClientStep& step) {
        if (const auto* output = std::get_if<wire::Output>(&step)) {
            require(!output->octets.empty());
            if (must_have_tls_) require(output->octets.find("alice") == std::string::npos);
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            tls_asked_ = true;
        } else if (std::holds_alternative<pop3::Ready>(step)) {
            require(!must_have_tls_ && !ready_);
            ready_ = true;
            queue();
        } else if (const auto* begin = std::get_if<pop3::MessageBegin>(&step)) {
            require(ready_ && open_ == 0);
            open_ = begin->number;
        } else if (const auto* data = std::get_if<pop3::MessageData>(&step)) {
            require(open_ != 0 && !data->octets.empty());
        } else if (const auto* end = std::get_if<pop3::MessageEnd>(&step)) {
            require(open_ == end->number);
            open_ = 0;
        } else if (const auto* listing = std::get_if<pop3::Listing>(&step)) {
            require(listing->entries.size() <= 100);
        } else if (const auto* failed = std::get_if<wire::Failed>(&step)) {
            require(!failed->error.message.empty() &&
                    failed->error.message.find_first_of("\r\n") == std::string::npos);
            over_ = true;
        } else if (std::holds_alternative<pop3::Closed>(step)) {
            require(session_.outstanding() == 0);
            over_ = true;
        }
    }

    void queue() {
        if (commands_ & 1) session_.stat();
        if (commands_ & 2) session_.list();
        if (commands_ & 4) session_.uidl();
        if (commands_ & 8) session_.retr(1);
        if (commands_ & 16) session_.top(2, 0);
        if (commands_ & 32) session_.retr(3);
        if (commands_ & 64) session_.dele(1);
        if (commands_ & 128) session_.quit();
    }

    std::uint8_t commands_;
    pop3::ClientSession session_;
    bool must_have_tls_ = false;
    bool tls_asked_ = false;
    bool ready_ = false;
    bool over_ = false;
    std::uint32_t open_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    Run run(data[0], data[2]);
    const std::size_t piece = data[1] == 0 ? size : data[1];
    std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
    while (!rest.empty()) {
        const std::size_t length = std::min(rest.find_first_of("|~"), std::min(piece, rest.size()));
        run.feed(rest.substr(0, length));
        rest.remove_prefix(length);
        if (rest.empty() || (rest[0] != '|' && rest[0] != '~')) continue;
        if (rest[0] == '~') run.tls_started();
        rest.remove_prefix(1);
    }
    run.eof();
    return 0;
}
