#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "mailpipe/pop3/server_session.hpp"

// Input: options, piece size; then the client's octets. In these "|" parts two reads, "~" is the end of a TLS
// handshake and "!" is SIGTERM.
namespace {

namespace pop3 = mailpipe::pop3;
namespace wire = mailpipe::wire;

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr std::string_view kMessages[] = {"Subject: one\r\n\r\nfirst\r\n.\r\n..\r\n", "", ".\n\r\n\r\nx"};

class Run {
 public:
    explicit Run(std::uint8_t flags)
        : late_((flags & 8) != 0), fails_((flags & 16) != 0), session_(options(flags)) {}

    void drain() {
        while (!over_) {
            const auto step = session_.next();
            if (std::holds_alternative<wire::NeedInput>(step)) {
                if (late_ && answer_later()) continue;
                return;
            }
            judge(step);
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
        require(over_);
    }

 private:
    static pop3::ServerOptions options(std::uint8_t flags) {
        pop3::ServerOptions options;
        options.host_name = "pop.example.org";
        options.tls_available = (flags & 1) != 0;
        options.login_without_tls = (flags & 1) == 0;
        if (flags & 2) options.apop_timestamp = "<1896.697170952@dbc.mtview.ca.us>";
        options.tls_active = (flags & 4) != 0;
        return options;
    }

    bool answer_later() {
        if (std::holds_alternative<wire::NeedInput>(pending_)) return false;
        const auto step = std::exchange(pending_, wire::NeedInput{});
        answer(step);
        return true;
    }

    void judge(const pop3::ServerStep& step) {
        if (const auto* output = std::get_if<wire::Output>(&step)) {
            require(!output->octets.empty());
        } else if (std::holds_alternative<wire::Failed>(step) || std::holds_alternative<pop3::PeerQuit>(step)) {
            over_ = true;
        } else if (!std::holds_alternative<wire::StartTls>(step)) {
            if (late_) {
                require(std::holds_alternative<wire::NeedInput>(pending_));
                pending_ = step;
            } else {
                answer(step);
            }
        }
    }

    void answer(const pop3::ServerStep& step) {
        if (const auto* login = std::get_if<pop3::LoginRequested>(&step)) {
            require(!logged_in_ && !login->request.user.empty());
            require(login->request.user.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos);
            logged_in_ = login->request.user != "bob";
            if (!logged_in_) return session_.login_refused(pop3::LoginFailure::credentials);
            std::vector<pop3::MaildropEntry> maildrop;
            for (std::string_view message : kMessages)
                maildrop.push_back({message.size(), "uid"});
            session_.login_accepted(std::move(maildrop));
        } else if (const auto* message = std::get_if<pop3::MessageRequested>(&step)) {
            require(logged_in_ && message->index < std::size(kMessages));
            std::string_view rest = kMessages[message->index];
            while (!rest.empty() && session_.message_wanted()) {
                session_.message_data(rest.substr(0, 5));
                rest.remove_prefix(std::min<std::size_t>(5, rest.size()));
            }
            fails_ ? session_.message_failed("store failed") : session_.message_end();
        } else if (const auto* commit = std::get_if<pop3::CommitRequested>(&step)) {
            require(logged_in_ && commit->deleted.size() <= std::size(kMessages));
            session_.commit_done(!fails_);
        }
    }

    bool late_;
    bool fails_;
    pop3::ServerSession session_;
    pop3::ServerStep pending_ = wire::NeedInput{};
    bool logged_in_ = false;
    bool over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Run run(data[0]);
    const std::size_t piece = data[1] == 0 ? size : data[1];
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    while (!rest.empty()) {
        const std::size_t length = std::min(rest.find_first_of("|~!"), std::min(piece, rest.size()));
        run.feed(rest.substr(0, length));
        rest.remove_prefix(length);
        if (rest.empty()) break;
        if (rest[0] == '~') run.tls_started();
        if (rest[0] == '!') run.shut_down();
        if (rest[0] == '|' || rest[0] == '~' || rest[0] == '!') rest.remove_prefix(1);
    }
    run.eof();
    return 0;
}
