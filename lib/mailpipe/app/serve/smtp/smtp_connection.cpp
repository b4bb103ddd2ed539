#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <utility>

#include "mailpipe/app/serve/session_connection.hpp"
#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"
#include "mailpipe/smtp/server_session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

// The least that a peer must send of a message on average, once the timeout is used up (Postfix: 500).
constexpr std::uint64_t kOctetsPerSecond = 500;

class SmtpConnection : public SessionConnection<smtp::ServerSession, smtp::ServerOptions> {
 public:
    using SessionConnection::SessionConnection;

 private:
    smtp::ServerOptions session_options() override;
    asio::awaitable<bool> handle(smtp::ServerStep& step) override;
    bool handle_silence(const Error& error) override;
    Clock::time_point read_deadline() const override;
    // A message on its way is read to its end; Server::stop() sets the limit.
    bool may_cancel() const override { return !in_body_; }
    asio::awaitable<void> authenticate(smtp::AuthRequested request);
    asio::awaitable<void> end_message(std::optional<smtp::Reply> refused);
    void tell(const std::vector<Result<Delivered>>& results, const std::vector<smtp::Reply>& replies);
    void tell_queued(const Delivered& queued);
    void begin_mail(smtp::MailRequested& request);
    void judge_recipient(const smtp::Mailbox& recipient);
    bool is_lmtp() const { return socket_.is_lmtp(); }

    std::string user_;  // logged in
    SmtpTransaction transaction_;
    Clock::time_point body_began_;
    bool in_body_ = false;
};

smtp::ServerOptions SmtpConnection::session_options() {
    smtp::ServerOptions options;
    options.protocol = is_lmtp() ? smtp::ServerProtocol::lmtp : smtp::ServerProtocol::smtp;
    options.max_size = context_.config.max_message_size;
    options.auth_available = !context_.config.users.empty();
    options.auth_without_tls = stream_->peer().loopback;
    options.extensions.binary = false;  // a Maildir holds lines
    return options;
}

asio::awaitable<bool> SmtpConnection::handle(smtp::ServerStep& step) {
    if (auto* data = std::get_if<smtp::BodyData>(&step)) {
        transaction_.append(data->octets);
    } else if (auto* mail = std::get_if<smtp::MailRequested>(&step)) {
        begin_mail(*mail);
    } else if (auto* recipient = std::get_if<smtp::RecipientRequested>(&step)) {
        judge_recipient(recipient->recipient);
    } else if (std::holds_alternative<smtp::BodyBegin>(step)) {
        in_body_ = true;
        body_began_ = Clock::now();
        transaction_.begin_body(context_.config.store.root, context_.spool_budget);
    } else if (auto* end = std::get_if<smtp::BodyEnd>(&step)) {
        in_body_ = false;
        std::optional<smtp::Reply> refused = std::move(end->refused);
        co_await end_message(std::move(refused));
    } else if (std::holds_alternative<smtp::TransactionAborted>(step)) {
        in_body_ = false;
        transaction_ = {};
    } else if (auto* auth = std::get_if<smtp::AuthRequested>(&step)) {
        smtp::AuthRequested request = std::move(*auth);
        co_await authenticate(std::move(request));
    } else if (std::holds_alternative<smtp::PeerQuit>(step)) {
        co_return false;
    }
    co_return true;
}

// A command line must be whole within the timeout, however slowly it drips; a message may take longer, at a
// speed.
SmtpConnection::Clock::time_point SmtpConnection::read_deadline() const {
    if (!in_body_) return SessionConnection::read_deadline();
    const auto whole = body_began_ + context_.config.timeout +
                       std::chrono::seconds(transaction_.body_octets() / kOctetsPerSecond);
    return std::min(whole, Clock::now() + context_.config.timeout);
}

bool SmtpConnection::handle_silence(const Error& error) {
    if (stream_->cancelled()) {
        // Between commands shut_down() has been called; a message that is still not here has had its time.
        if (in_body_) session_->time_out();
        return true;
    }
    if (error.kind != Errc::temporary) return false;
    session_->time_out();
    return true;
}

asio::awaitable<void> SmtpConnection::authenticate(smtp::AuthRequested request) {
    const Config& config = context_.config;
    const std::string name = login_name(request.user);
    const Secret password = std::move(request.password);
    std::function<std::string()> verify = [&config, name, password] {
        const std::string* user = config.users.verify(name, password);
        return user == nullptr ? std::string() : *user;
    };
    user_ = co_await in_background<std::string>(context_.background, std::move(verify));
    Json json = event("login");
    json["user"] = user_.empty() ? name : user_;
    json["ok"] = !user_.empty();
    add_tls_version(json);
    context_.events.write(json);
    user_.empty() ? session_->auth_refused() : session_->auth_accepted();
}

void SmtpConnection::begin_mail(smtp::MailRequested& request) {
    transaction_ = {};
    transaction_.envelope = std::move(request.envelope);
    transaction_.began = Clock::now();
    session_->accept();
}

void SmtpConnection::judge_recipient(const smtp::Mailbox& recipient) {
    const Recipients& recipients = context_.config.recipients;
    if (context_.config.relay && !user_.empty() && !recipients.is_local(recipient)) {
        transaction_.add_relayed(recipient);
        return session_->accept();
    }
    auto user = recipients.user_of(recipient, !user_.empty());
    if (user) {
        transaction_.add_recipient(recipient, std::move(*user));
        return session_->accept();
    }
    Json json = event("error");
    json["to"] = recipient.encode();
    json["reply"] = json_of(user.error());
    report(Error{smtp::reply_kind(user.error()), "recipient refused"}, std::move(json));
    session_->refuse(user.error());
}

asio::awaitable<void> SmtpConnection::end_message(std::optional<smtp::Reply> refused) {
    static std::atomic<std::uint32_t> number = 0;
    if (!refused) refused = transaction_.verdict();
    if (refused) {
        Json json = event("error");
        json["reply"] = json_of(*refused);
        if (transaction_.error()) {
            report_store_error(*transaction_.error(), std::move(json));
        } else {
            report(Error{Errc::data, "message refused"}, std::move(json));
        }
        std::vector<smtp::Reply> replies(transaction_.recipients().size(), *refused);
        transaction_ = {};
        session_->body_answered(std::move(replies));
        co_return;
    }
    TraceInfo info;
    info.reverse_path = transaction_.envelope.reverse_path;
    info.helo = session_->helo_name();
    info.peer_address = stream_->peer().address;
    info.host_name = context_.config.host_name;
    info.protocol = with_protocol(is_lmtp(), session_->esmtp(), on_tls(), !user_.empty());
    info.time = std::time(nullptr);
    info.id = fmt::format("{:x}{:06x}", info.time, ++number & 0xFFFFFFU);

    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    using Results = std::vector<Result<Delivered>>;
    auto completion = std::make_shared<Completion<Results>>(executor);
    Delivery delivery = transaction_.make_delivery(info, context_.config.store);
    delivery.done = [completion](Results results) { completion->complete(std::move(results)); };
    context_.commits.submit(std::move(delivery));
    const Results results = co_await await_completion<Results>(completion);

    const auto replies = transaction_.replies(results, info.id);
    tell(results, replies);
    std::vector<smtp::Reply> answers = transaction_.answers(replies, is_lmtp());
    transaction_ = {};
    session_->body_answered(std::move(answers));
}

// What became of the message, an event for each mailbox, and one for the queue.
void SmtpConnection::tell(const std::vector<Result<Delivered>>& results,
                          const std::vector<smtp::Reply>& replies) {
    const std::chrono::duration<double> seconds = Clock::now() - transaction_.began;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i] && transaction_.is_relay(i)) {
            tell_queued(*results[i]);
            continue;
        }
        Json trouble = event("error");
        if (!transaction_.is_relay(i)) {
            Json json = event("delivery");
            transaction_.describe(i, replies[i], json);
            if (results[i]) {
                json["ref"] = transaction_.ref_of(i, *results[i], context_.config.store);
                json["size"] = results[i]->size;
                json["seconds"] = seconds.count();
            }
            add_tls_version(json);
            context_.events.write(json);
            trouble["user"] = transaction_.user(i);
        }
        if (!results[i]) report_store_error(results[i].error(), std::move(trouble));
    }
}

void SmtpConnection::tell_queued(const Delivered& queued) {
    Json json = event("queued");
    json["id"] = queued.id;
    json["from"] = transaction_.envelope.reverse_path.encode();
    json["size"] = queued.size;
    json["recipients"] = Json::array();
    for (const smtp::Mailbox& recipient : transaction_.relayed())
        json["recipients"].push_back(recipient.encode());
    context_.events.write(json);
}

}  // namespace

std::shared_ptr<Connection> make_smtp_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number) {
    return std::make_shared<SmtpConnection>(context, socket, std::move(stream), number);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
