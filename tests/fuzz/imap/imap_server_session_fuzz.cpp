#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/session.hpp"

// Input: options, piece size; then the client's octets. In these 0x1C parts two reads, 0x1D is the end of a TLS handshake
// and 0x1E is SIGTERM.
namespace {

namespace server = mailpipe::imap::server;
namespace wire = mailpipe::wire;

void require(bool holds) {
    if (!holds) std::abort();
}

class Run {
 public:
    explicit Run(std::uint8_t flags)
        : late_((flags & 8) != 0), refuses_((flags & 16) != 0), session_(options(flags)) {
        drain();
    }

    void drain() {
        while (!over_) {
            auto step = session_.next();
            if (std::holds_alternative<wire::NeedInput>(step)) {
                if (late_ && std::exchange(owed_, false)) {
                    answer();
                    continue;
                }
                require(session_.output_size() == 0);
                return;
            }
            std::visit([this](auto& event) { on(event); }, step);
        }
    }
    void feed(std::string_view octets) {
        session_.feed(octets);
        drain();
    }
    void tls_started() {
        session_.tls_started();
        drain();
    }
    void shut_down() {
        session_.shut_down();
        drain();
    }
    void eof() {
        session_.feed_eof();
        drain();
        require(over_ && append_ == Append::none);
    }

 private:
    enum class Append { none, begun, message, literal, ended };
    enum class Asked { login, command, append, append_end, idle_end };

    static server::Options options(std::uint8_t flags) {
        server::Options options;
        options.host_name = "imap.example.org";
        options.tls_available = (flags & 1) != 0;
        options.login_without_tls = (flags & 1) == 0;
        options.tls_active = (flags & 4) != 0;
        if (flags & 32) options.without = {"LITERAL+", "MULTIAPPEND", "SASL-IR"};
        if (flags & 64) options.without = {"IMAP4REV1", "CONDSTORE"};
        options.max_message_size = 100'000;
        return options;
    }

    void ask(Asked asked) {
        asked_ = asked;
        late_ ? static_cast<void>(owed_ = true) : answer();
    }
    void answer() {
        switch (asked_) {
            case Asked::login:
                logged_in_ = user_ != "bob";
                return logged_in_ ? session_.login_accepted(user_)
                                  : session_.login_refused(server::LoginFailure::credentials);
            case Asked::append:
                if (refuses_ && ++answers_ % 5 == 0) {
                    append_ = Append::none;
                    return session_.complete(server::Completion::no, "TOOBIG", "no");
                }
                return session_.go_on();
            case Asked::append_end:
                append_ = Append::none;
                break;
            case Asked::command:
                session_.respond("* 1 FETCH (BODY[] {2}\r\nab)\r\n");
                if (selects_) session_.selected(*selects_);
                break;
            case Asked::idle_end:
                break;
        }
        session_.complete(refuses_ ? server::Completion::no : server::Completion::ok, "", "x");
    }

    void on(const wire::NeedInput&) {}
    void on(const wire::Output& step) { require(!step.octets.empty()); }
    void on(const wire::StartTls&) {}
    void on(const wire::Failed&) { over_ = true; }
    void on(const server::PeerQuit&) { over_ = true; }
    void on(const server::LoginRequested& step) {
        require(!logged_in_ && !step.request.user.empty());
        require(std::none_of(step.request.user.begin(), step.request.user.end(), mailpipe::ascii::is_control));
        user_ = step.request.user;
        ask(Asked::login);
    }
    void on(const server::CommandRequested& step) {
        require(logged_in_ && append_ == Append::none);
        selects_.reset();
        if (std::holds_alternative<server::Select>(step.command)) selects_ = true;
        if (std::holds_alternative<server::Close>(step.command)) selects_ = false;
        ask(Asked::command);
    }
    void on(const server::AppendBegan& step) {
        require(logged_in_ && append_ == Append::none && !step.mailbox.empty());
        append_ = Append::begun;
        ask(Asked::append);
    }
    void on(const server::AppendMessage&) {
        require(append_ == Append::begun || append_ == Append::ended);
        append_ = Append::message;
        ask(Asked::append);
    }
    void on(const server::AppendLiteral& step) {
        require(append_ == Append::message && step.size <= 100'000);
        missing_ = step.size;
        if (missing_ > 0) append_ = Append::literal;
        ask(Asked::append);
    }
    void on(const server::AppendOctets& step) {
        require(append_ == Append::literal && !step.octets.empty() && step.octets.size() <= missing_);
        missing_ -= step.octets.size();
        if (missing_ == 0) append_ = Append::message;
    }
    void on(const server::AppendUrl&) {
        require(append_ == Append::message);
        ask(Asked::append);
    }
    void on(const server::AppendMessageEnd&) {
        require(append_ == Append::message);
        append_ = Append::ended;
        ask(Asked::append);
    }
    void on(const server::AppendEnd&) {
        require(append_ == Append::ended);
        ask(Asked::append_end);
    }
    void on(const server::AppendAborted&) {
        require(append_ != Append::none);
        append_ = Append::none;
    }
    void on(const server::IdleBegan&) {
        require(logged_in_ && session_.idling());
        session_.respond("* 2 EXISTS\r\n");
    }
    void on(const server::IdleEnded&) { ask(Asked::idle_end); }
    void on(const server::LoggedOff&) {
        require(logged_in_);
        logged_in_ = false;
    }

    bool late_;
    bool refuses_;
    bool owed_ = false;
    Asked asked_ = Asked::command;
    std::string user_;
    std::optional<bool> selects_;
    bool logged_in_ = false;
    bool over_ = false;
    Append append_ = Append::none;
    std::uint64_t missing_ = 0;
    unsigned answers_ = 0;
    server::Session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Run run(data[0]);
    const std::size_t piece = data[1] == 0 ? size : data[1];
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    while (!rest.empty()) {
        const std::size_t length = std::min(rest.find_first_of("\x1C\x1D\x1E"), std::min(piece, rest.size()));
        run.feed(rest.substr(0, length));
        rest.remove_prefix(length);
        if (rest.empty()) break;
        const char c = rest[0];
        if (c == '\x1D') run.tls_started();
        if (c == '\x1E') run.shut_down();
        if (c >= '\x1C' && c <= '\x1E') rest.remove_prefix(1);
    }
    run.eof();
    return 0;
}
