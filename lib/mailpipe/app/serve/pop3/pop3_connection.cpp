#include <fmt/format.h>
#include <unistd.h>

#include <random>
#include <utility>

#include "mailpipe/app/serve/pop3/maildrop.hpp"
#include "mailpipe/app/serve/session_connection.hpp"
#include "mailpipe/pop3/server_session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::chrono::seconds kLoginPatience{60};

// What a login comes to, in the background.
struct Login {
    std::string user;  // empty: refused
    std::shared_ptr<Maildrop> maildrop;
    std::optional<Error> error;  // of the maildrop
};

class Pop3Connection : public SessionConnection<pop3::ServerSession, pop3::ServerOptions> {
 public:
    using SessionConnection::SessionConnection;

 private:
    pop3::ServerOptions session_options() override;
    asio::awaitable<bool> handle(pop3::ServerStep& step) override;
    bool handle_silence(const Error& error) override;
    bool settled() const override { return maildrop_ != nullptr; }
    std::chrono::milliseconds patience_before_settled() const override {
        return std::min<std::chrono::milliseconds>(context_.config.timeout, kLoginPatience);
    }
    std::string refusal(const smtp::Reply& reply) const override {
        return "-ERR [SYS/TEMP] " + reply.lines[0] + "\r\n";
    }
    void release() override { maildrop_.reset(); }
    asio::awaitable<void> log_in(pop3::LoginRequested request);
    asio::awaitable<bool> send_message(pop3::MessageRequested request);
    asio::awaitable<void> commit(pop3::CommitRequested request);

    std::string timestamp_;
    std::string user_;
    std::shared_ptr<Maildrop> maildrop_;
};

// timestamp = msg-id of RFC 822, different for each greeting (RFC 1939 section 7)
std::string make_timestamp(const std::string& host_name) {
    std::random_device random;
    return fmt::format("<{}.{}.{:08x}{:08x}@{}>", ::getpid(), std::time(nullptr), random(), random(),
                       host_name);
}

pop3::ServerOptions Pop3Connection::session_options() {
    if (context_.config.users.apop_possible()) timestamp_ = make_timestamp(context_.config.host_name);
    pop3::ServerOptions options;
    options.apop_timestamp = timestamp_;
    options.login_without_tls = stream_->peer().loopback;
    return options;
}

asio::awaitable<bool> Pop3Connection::handle(pop3::ServerStep& step) {
    if (auto* login = std::get_if<pop3::LoginRequested>(&step)) {
        pop3::LoginRequested request = std::move(*login);
        co_await log_in(std::move(request));
    } else if (auto* message = std::get_if<pop3::MessageRequested>(&step)) {
        const pop3::MessageRequested request = *message;
        co_return co_await send_message(request);
    } else if (auto* deletions = std::get_if<pop3::CommitRequested>(&step)) {
        pop3::CommitRequested request = std::move(*deletions);
        co_await commit(std::move(request));
    } else if (std::holds_alternative<pop3::PeerQuit>(step)) {
        co_return false;
    }
    co_return true;
}

bool Pop3Connection::handle_silence(const Error&) {
    // RFC 1939 section 3: the autologout timer closes without a word, and nothing is removed.
    if (!stream_->cancelled()) return false;
    session_->shut_down();
    return true;
}

asio::awaitable<void> Pop3Connection::log_in(pop3::LoginRequested request) {
    const Config& config = context_.config;
    const std::string name = login_name(request.user);
    const Secret password = std::move(request.password);
    const std::string digest = std::move(request.apop_digest);
    const std::string timestamp = timestamp_;
    std::function<Login()> work = [&config, name, password, digest, timestamp] {
        Login login;
        const std::string* user = digest.empty() ? config.users.verify(name, password)
                                                 : config.users.verify_apop(name, timestamp, digest);
        if (user == nullptr) return login;
        login.user = *user;
        auto maildrop = Maildrop::open(config.store.path_of(*user));
        if (maildrop) {
            login.maildrop = std::move(*maildrop);
        } else {
            login.error = maildrop.error();
        }
        return login;
    };
    Login login = co_await in_background<Login>(context_.background, std::move(work));
    if (login.maildrop && !take_seat(login.user)) {
        login.maildrop.reset();
        session_->login_refused(pop3::LoginFailure::temporary);
        co_return;
    }
    Json json = event("login");
    json["user"] = login.user.empty() ? name : login.user;
    json["ok"] = login.maildrop != nullptr;
    add_tls_version(json);
    context_.events.write(json);
    if (login.maildrop) {
        user_ = std::move(login.user);
        maildrop_ = std::move(login.maildrop);
        std::vector<pop3::MaildropEntry> entries;
        entries.reserve(maildrop_->messages().size());
        for (const auto& message : maildrop_->messages())
            entries.push_back({message.size, message.uidl});
        session_->login_accepted(std::move(entries));
    } else if (!login.error) {
        session_->login_refused(pop3::LoginFailure::credentials);
    } else if (login.error->kind == Errc::unavailable) {
        report(*login.error);
        session_->login_refused(pop3::LoginFailure::in_use);
    } else {
        report_store_error(*login.error, event("error"));
        session_->login_refused(pop3::LoginFailure::temporary);
    }
}

// The next piece is read when the peer has taken the one before.
asio::awaitable<bool> Pop3Connection::send_message(pop3::MessageRequested request) {
    const auto& message = maildrop_->messages()[request.index];
    std::uint64_t sent = 0;
    std::optional<Error> error;
    Result<std::unique_ptr<store::MessageReader>> reader = maildrop_->read(request.index);
    if (!reader) error = reader.error();
    while (!error && session_->message_wanted()) {
        Result<std::string_view> text = (*reader)->read();
        if (!text) {
            error = text.error();
            break;
        }
        if (text->empty()) break;
        sent += text->size();
        session_->message_data(*text);
        pop3::ServerStep step = session_->next();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            std::string octets = std::move(output->octets);
            const bool written = co_await write(std::move(octets));
            if (!written) co_return false;
        }
    }
    if (error) {
        report_store_error(*error, event("error"));
        session_->message_failed(error->kind == Errc::not_found ? "Message is gone" : "Message cannot be read");
        co_return true;
    }
    session_->message_end();
    Json json = event("retrieval");
    json["user"] = user_;
    json["uidl"] = message.uidl;
    json["size"] = sent;
    if (request.is_top) json["top"] = true;
    context_.events.write(json);
    co_return true;
}

asio::awaitable<void> Pop3Connection::commit(pop3::CommitRequested request) {
    if (request.deleted.empty()) {
        session_->commit_done(true);
        co_return;
    }
    const std::shared_ptr<Maildrop> maildrop = maildrop_;
    const std::vector<std::size_t> deleted = std::move(request.deleted);
    std::vector<std::string> ids;
    for (const std::size_t index : deleted)
        ids.push_back(maildrop->messages()[index].id);
    const std::string path = context_.config.store.path_of(user_);
    CommitWorker& commits = context_.commits;
    std::function<Result<void>()> work = [maildrop, deleted, ids, path, &commits] {
        commits.removing(path, ids);
        return maildrop->remove(deleted);
    };
    Result<void> removed = co_await in_background<Result<void>>(context_.background, std::move(work));
    if (removed) {
        Json json = event("removal");
        json["user"] = user_;
        json["uidls"] = Json::array();
        for (const std::size_t index : deleted)
            json["uidls"].push_back(maildrop->messages()[index].uidl);
        context_.events.write(json);
    } else {
        report_store_error(removed.error(), event("error"));
    }
    session_->commit_done(removed.has_value());
}

}  // namespace

std::shared_ptr<Connection> make_pop3_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number) {
    return std::make_shared<Pop3Connection>(context, socket, std::move(stream), number);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
