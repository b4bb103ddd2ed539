#include <fmt/format.h>
#include <unistd.h>

#include <random>
#include <utility>

#include "mailpipe/app/serve/mailbox_connection.hpp"
#include "mailpipe/app/serve/pop3/maildrop.hpp"
#include "mailpipe/pop3/server_session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr int kDay = 24 * 3600;

using Opened = Result<std::shared_ptr<Maildrop>>;

std::vector<std::string> ids_of(const std::vector<MaildropMessage>& messages) {
    std::vector<std::string> ids;
    for (const MaildropMessage& message : messages)
        ids.push_back(message.id);
    return ids;
}

class Pop3Connection : public MailboxConnection<pop3::ServerSession, pop3::ServerOptions, pop3::LoginFailure> {
 public:
    using MailboxConnection::MailboxConnection;

 private:
    pop3::ServerOptions session_options() override;
    asio::awaitable<bool> handle(pop3::ServerStep& step) override;
    bool handle_silence(const Error& error) override;
    bool settled() const override { return maildrop_ != nullptr; }
    std::string refusal(const smtp::Reply& reply) const override {
        return "-ERR [SYS/TEMP] " + reply.lines[0] + "\r\n";
    }
    void release() override { maildrop_.reset(); }
    asio::awaitable<void> open_maildrop(sasl::ServerRequest request);
    asio::awaitable<bool> send_message(pop3::MessageRequested request);
    asio::awaitable<void> commit(pop3::CommitRequested request);
    void tell_removed(const std::vector<std::string>& uidls);

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
    std::string timestamp;
    if (context_.config.users.abilities().digests) timestamp = make_timestamp(context_.config.host_name);
    pop3::ServerOptions options;
    options.apop_timestamp = std::move(timestamp);
    options.login_without_tls = stream_->peer().loopback;
    options.expire_days = context_.config.pop3.expire_days;
    options.login_delay = context_.config.pop3.login_delay_seconds;
    return options;
}

asio::awaitable<bool> Pop3Connection::handle(pop3::ServerStep& step) {
    if (auto* login = std::get_if<pop3::LoginRequested>(&step)) {
        sasl::ServerRequest request = std::move(login->request);
        co_await open_maildrop(std::move(request));
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

asio::awaitable<void> Pop3Connection::open_maildrop(sasl::ServerRequest request) {
    user_ = co_await find_user(std::move(request));
    if (user_.empty()) co_return;
    const std::string path = context_.config.store.path_of(user_);
    const Pop3Options& pop3 = context_.config.pop3;
    const std::chrono::seconds interval(pop3.login_delay_seconds);
    if (interval.count() > 0 && !context_.pop3_logins.log_in(user_, interval, Clock::now())) {
        session_->login_refused(pop3::LoginFailure::too_soon);
        co_return;
    }
    MaildropOptions options;
    options.keep_former_uidls = pop3.keep_former_uidls;
    if (pop3.expire_days) options.expired_before = std::time(nullptr) - std::time_t{kDay} * *pop3.expire_days;
    CommitWorker& commits = context_.commits;
    std::function<Opened()> work = [path, options, &commits]() -> Opened {
        auto opened = Maildrop::open(path, options);
        if (!opened || (*opened)->expired().empty()) return opened;
        commits.removing(path, ids_of((*opened)->expired()));
        if (auto removed = (*opened)->remove_expired(); !removed) return tl::unexpected(removed.error());
        return opened;
    };
    Opened opened = co_await in_background<Opened>(context_.background, std::move(work));
    if (opened) {
        maildrop_ = std::move(*opened);
        std::vector<std::string> expired;
        for (const MaildropMessage& message : maildrop_->expired())
            expired.push_back(message.uidl);
        if (!expired.empty()) tell_removed(expired);
        std::vector<pop3::MaildropEntry> entries;
        entries.reserve(maildrop_->messages().size());
        for (const auto& message : maildrop_->messages())
            entries.push_back({message.size, message.uidl});
        session_->login_accepted(std::move(entries));
    } else {
        refuse_mailbox(opened.error());
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

void Pop3Connection::tell_removed(const std::vector<std::string>& uidls) {
    Json json = event("removal");
    json["user"] = user_;
    json["uidls"] = uidls;
    context_.events.write(json);
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
        std::vector<std::string> uidls;
        for (const std::size_t index : deleted)
            uidls.push_back(maildrop->messages()[index].uidl);
        tell_removed(uidls);
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
