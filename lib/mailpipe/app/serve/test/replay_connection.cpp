#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/connection.hpp"
#include "mailpipe/app/serve/test/replay_tags.hpp"
#include "mailpipe/app/serve/test/test_mode.hpp"
#include "mailpipe/base/ascii.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kLongLine = 1U << 20;

// Plays the server's part of a dialogue.
class ReplayConnection : public Connection {
 public:
    using Connection::Connection;

    void stop() override { cancel(); }

 private:
    asio::awaitable<bool> run() override;
    std::string refusal(const smtp::Reply&) const override { return {}; }
    asio::awaitable<bool> play(const Dialogue& dialogue);
    asio::awaitable<bool> expect(const ScriptLine& line);
    void tell_mismatch(const ScriptLine& line, const std::string* got, std::string message);

    bool is_imap() const { return protocol_of(socket_) == FaultProtocol::imap; }

    ReplayTags tags_;
    std::string input_;
    bool client_ended_ = false;
};

asio::awaitable<bool> ReplayConnection::run() {
    Repertoire& repertoire = *context_.config.test->repertoire();
    const Dialogue* dialogue = repertoire.next(protocol_of(socket_));
    bool whole = false;
    if (dialogue == nullptr) {
        tell_mismatch({}, nullptr, "no dialogue is left for another connection");
    } else {
        bool going = true;
        if (socket_.location.implicit_tls()) going = co_await start_tls();
        if (going) whole = co_await play(*dialogue);
    }
    co_await stream_->close();
    if (dialogue == nullptr) co_return false;
    repertoire.played(whole);
    if (repertoire.all_played()) context_.config.test->end();
    co_return false;
}

asio::awaitable<bool> ReplayConnection::play(const Dialogue& dialogue) {
    // The recording of a smtps or pop3s socket begins with TLS, which is on already.
    const std::size_t begin = on_tls() && !dialogue.lines.empty() && dialogue.lines[0].tls_begins ? 1 : 0;
    for (std::size_t i = begin; i < dialogue.lines.size(); ++i) {
        const ScriptLine& line = dialogue.lines[i];
        bool going = false;
        if (line.tls_begins) {
            going = co_await start_tls();
        } else if (line.from_client) {
            going = co_await expect(line);
        } else {
            std::string octets = is_imap() ? tags_.server_octets(line.octets) : line.octets;
            going = co_await write(std::move(octets));
        }
        if (!going) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> ReplayConnection::expect(const ScriptLine& line) {
    const bool whole_line = line.octets.ends_with('\n');
    const auto size = [this, &line, whole_line] {
        const std::size_t at = input_.find('\n');
        if (whole_line && at != std::string::npos) return at + 1;
        return !whole_line && input_.size() >= line.octets.size() ? line.octets.size() : std::string::npos;
    };
    while (size() == std::string::npos && !client_ended_ && input_.size() < kLongLine) {
        Result<std::string_view> octets = co_await read(context_.config.timeout);
        if (!octets) {
            tell_mismatch(line, nullptr, octets.error().message);
            co_return false;
        }
        client_ended_ = octets->empty();
        input_ += *octets;
    }
    const std::string got = input_.substr(0, size());
    input_.erase(0, got.size());
    const bool matches = is_imap() ? tags_.matches(line.octets, got) : matches_line(line.octets, got);
    if (matches) co_return true;
    if (client_ended_ && got.empty()) {
        tell_mismatch(line, nullptr, "the client has ended the connection");
    } else {
        tell_mismatch(line, &got, "the client says something else");
    }
    co_return false;
}

void ReplayConnection::tell_mismatch(const ScriptLine& line, const std::string* got, std::string message) {
    Json json = event("mismatch");
    json["line"] = line.number;
    json["expected"] = ascii::trim(line.octets);
    if (got != nullptr) json["got"] = ascii::trim(*got);
    json["message"] = std::move(message);
    context_.events.write(json);
}

}  // namespace

std::shared_ptr<Connection> make_replay_connection(const Context& context, const ListenSocket& socket,
                                                   std::unique_ptr<net::ServerStream> stream,
                                                   std::uint64_t number) {
    return std::make_shared<ReplayConnection>(context, socket, std::move(stream), number);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
