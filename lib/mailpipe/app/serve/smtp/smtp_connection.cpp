#include <fmt/format.h>
#include <asio/ip/address.hpp>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <utility>

#include "mailpipe/app/serve/delivery/binary_text.hpp"
#include "mailpipe/app/serve/session_connection.hpp"
#include "mailpipe/app/serve/smtp/smtp_transaction.hpp"
#include "mailpipe/app/serve/smtp/submission_fixups.hpp"
#include "mailpipe/app/serve/smtp/verify_address.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/server_session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::uint64_t kLongestHold = 30 * 86'400;  // seconds, of FUTURERELEASE

class SmtpConnection : public SessionConnection<smtp::ServerSession, smtp::ServerOptions> {
 public:
    using SessionConnection::SessionConnection;

 private:
    smtp::ServerOptions session_options() override;
    smtp::ServerExtensions extensions() const;
    asio::awaitable<bool> handle(smtp::ServerStep& step) override;
    bool handle_now(smtp::ServerStep& step) override;
    bool handle_silence(const Error& error) override;
    bool settled() const override { return !user_.empty(); }
    std::string refusal(const smtp::Reply& reply) const override { return smtp::encode_reply(reply, true); }
    Clock::time_point read_deadline() const override;
    // A message on its way is read to its end; Server::stop() sets the limit.
    bool may_cancel() const override { return !in_body_; }
    asio::awaitable<void> authenticate(sasl::ServerRequest request);
    asio::awaitable<void> become_client(smtp::ClientNamed client);
    std::string listing_field() const;
    asio::awaitable<void> end_message(std::optional<smtp::Reply> refused);
    std::optional<smtp::Reply> refused_by_fault();  // by --fault
    asio::awaitable<std::optional<smtp::Reply>> refused_by_quota();
    void report_refused(const smtp::Mailbox& recipient, const smtp::Reply& reply);
    void tell(const std::vector<Result<Delivered>>& results, const std::vector<smtp::Reply>& replies);
    void tell_queued(const Delivered& queued, const smtp::Envelope& envelope);
    // The command, with an event.
    void refuse(const smtp::Reply& reply, const Error& error);
    void begin_mail(smtp::MailRequested& request);
    bool may_send_as(const smtp::Mailbox& sender) const;
    using Judged = tl::expected<Places, smtp::Reply>;
    bool goes_elsewhere(const smtp::Mailbox& recipient) const;
    Judged judge(const smtp::Mailbox& recipient) const;
    asio::awaitable<void> judge_by_quota(smtp::RecipientRequested request);
    void answer(const smtp::RecipientRequested& request, const Judged& judged);
    bool is_listed_stranger(const smtp::Mailbox& recipient) const;
    bool has_quota() const {
        return context_.config.delivery.quota > 0 && context_.config.delivery.deliver.empty();
    }
    asio::awaitable<std::optional<smtp::Reply>> over_quota(std::vector<std::string> users,
                                                           std::uint64_t octets);
    bool wants_queue(const smtp::RecipientOptions& options) const;
    Result<std::string> fix_up();
    asio::awaitable<std::optional<smtp::Reply>> make_binary_lines();
    void refuse_message(const smtp::Reply& reply);
    bool is_lmtp() const { return socket_.is_lmtp(); }

    std::string user_;                              // logged in
    std::unique_ptr<SmtpTransaction> transaction_;  // from MAIL on
    HeaderHold header_;                             // of a message that is submitted
    Clock::time_point body_began_;
    bool in_body_ = false;
};

smtp::ServerOptions SmtpConnection::session_options() {
    smtp::ServerOptions options;
    options.protocol = is_lmtp() ? smtp::ServerProtocol::lmtp : smtp::ServerProtocol::smtp;
    options.max_size = context_.config.max_message_size;
    options.max_recipients = context_.config.limits.max_recipients;
    options.auth_available = !context_.config.users.empty();
    options.auth_without_tls = stream_->peer().loopback;
    options.login_required = socket_.submission;
    options.extensions = extensions();
    return options;
}

smtp::ServerExtensions SmtpConnection::extensions() const {
    smtp::ServerExtensions offered;
    offered.require_tls = true;
    offered.xclient = speaks_for_others();
    // The queue makes the reports, holds messages, and knows what is urgent or late.
    if (!context_.config.relay) return offered;
    offered.dsn = offered.priority = true;
    offered.deliver_by_minimum = 0;
    offered.max_hold_for = kLongestHold;
    offered.max_hold_until = std::time(nullptr) + static_cast<std::int64_t>(kLongestHold);
    return offered;
}

bool SmtpConnection::handle_now(smtp::ServerStep& step) {
    if (auto* data = std::get_if<smtp::BodyData>(&step)) {
        if (socket_.submission && !header_.complete()) header_.append(data->octets);
        transaction_->append(data->octets);
    } else if (auto* mail = std::get_if<smtp::MailRequested>(&step)) {
        begin_mail(*mail);
    } else if (auto* recipient = std::get_if<smtp::RecipientRequested>(&step); recipient && !has_quota()) {
        answer(*recipient, judge(recipient->recipient));
    } else if (auto* verify = std::get_if<smtp::VerifyRequested>(&step)) {
        session_->verified(verify_address(context_.config.recipients, *verify));
    } else if (std::holds_alternative<smtp::BodyBegin>(step)) {
        in_body_ = true;
        body_began_ = Clock::now();
        transaction_->begin_body(context_.config.store.root, context_.spool_budget);
    } else if (std::holds_alternative<smtp::TransactionAborted>(step)) {
        in_body_ = false;
        transaction_.reset();
    } else {
        return false;
    }
    return true;
}

asio::awaitable<bool> SmtpConnection::handle(smtp::ServerStep& step) {
    if (auto* recipient = std::get_if<smtp::RecipientRequested>(&step)) {
        smtp::RecipientRequested request = std::move(*recipient);
        co_await judge_by_quota(std::move(request));
    } else if (auto* end = std::get_if<smtp::BodyEnd>(&step)) {
        in_body_ = false;
        std::optional<smtp::Reply> refused = std::move(end->refused);
        co_await end_message(std::move(refused));
    } else if (auto* auth = std::get_if<smtp::AuthRequested>(&step)) {
        sasl::ServerRequest request = std::move(auth->request);
        co_await authenticate(std::move(request));
    } else if (auto* named = std::get_if<smtp::ClientNamed>(&step)) {
        smtp::ClientNamed client = std::move(*named);
        co_await become_client(std::move(client));
    } else if (std::holds_alternative<smtp::PeerQuit>(step)) {
        co_return false;
    } else {
        // In test mode.
        handle_now(step);
    }
    co_return true;
}

// A command line must be whole within the timeout, however slowly it drips; a message may take longer, at a
// speed.
SmtpConnection::Clock::time_point SmtpConnection::read_deadline() const {
    if (!in_body_) return SessionConnection::read_deadline();
    const auto whole = body_began_ + context_.config.timeout +
                       std::chrono::seconds(transaction_->body_octets() / net::kOctetsPerSecond);
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

asio::awaitable<void> SmtpConnection::authenticate(sasl::ServerRequest request) {
    if (request.kind == sasl::ServerRequest::Kind::keys) {
        sasl::ScramKeys keys = co_await find_keys(std::move(request));
        session_->auth_keys(std::move(keys));
        co_return;
    }
    LoginVerdict verdict = co_await log_in(std::move(request));
    user_ = std::move(verdict.user);
    user_.empty() ? session_->auth_refused(verdict.later) : session_->auth_accepted();
}

asio::awaitable<void> SmtpConnection::become_client(smtp::ClientNamed client) {
    const std::optional<std::string> user =
        client.login.empty() ? std::string() : context_.config.users.find(login_name(client.login));
    asio::error_code ignored;
    const std::string address = client.address.empty()
                                    ? stream_->peer().address
                                    : asio::ip::make_address(client.address, ignored).to_string();
    tl::expected<void, smtp::Reply> verdict;
    if (user) {
        become(address, client.port, *user);
        verdict = co_await admit();
        if (verdict && !user->empty())
            verdict = context_.admission.login(*user, context_.config.limits, admitted_);
    } else {
        verdict = tl::unexpected(smtp::Reply{421, "4.7.0", {"XCLIENT: no such user"}});
    }
    if (!verdict) {
        refuse(verdict.error(), {user ? Errc::limit : Errc::auth, "turned away: " + verdict.error().lines[0]});
        co_return;
    }
    user_ = *user;
    session_->accept();
}

void SmtpConnection::refuse(const smtp::Reply& reply, const Error& error) {
    Json json = event("error");
    json["reply"] = json_of(reply);
    report(error, std::move(json));
    session_->refuse(reply);
}

void SmtpConnection::begin_mail(smtp::MailRequested& request) {
    const auto verdict = context_.admission.message(
        stream_->peer(), user_, request.envelope.reverse_path.encode(), context_.config.limits, Clock::now());
    if (!verdict) return refuse(verdict.error(), {Errc::limit, "message refused"});
    transaction_ = std::make_unique<SmtpTransaction>();
    header_.clear();
    if (!may_send_as(request.envelope.reverse_path)) {
        const smtp::Reply reply{553, "5.7.1", {"The sender's address is not one of " + user_}};
        return refuse(reply, {smtp::reply_kind(reply), "sender refused"});
    }
    transaction_->envelope = std::move(request.envelope);
    transaction_->began = Clock::now();
    session_->accept();
}

bool SmtpConnection::may_send_as(const smtp::Mailbox& sender) const {
    const Config& config = context_.config;
    return user_.empty() || config.any_sender || sender.is_null() || !config.recipients.is_local(sender) ||
           config.recipients.reaches(sender, user_, std::time(nullptr));
}

// What the queue does for a recipient here as well: it holds messages, and tells senders that they were delivered.
bool SmtpConnection::wants_queue(const smtp::RecipientOptions& options) const {
    const smtp::Envelope& envelope = transaction_->envelope;
    return context_.config.relay &&
           (envelope.hold_for || envelope.hold_until || (options.notify && options.notify->success));
}

// Of the first user for whom the message is too much.
asio::awaitable<std::optional<smtp::Reply>> SmtpConnection::over_quota(std::vector<std::string> users,
                                                                       std::uint64_t octets) {
    const Config& config = context_.config;
    if (!has_quota() || users.empty()) co_return std::nullopt;
    Quota& quota = context_.quota;
    std::function<std::optional<smtp::Reply>()> work = [&config, &quota, users, octets] {
        return quota_refusal(quota, config, users, octets);
    };
    co_return co_await in_background<std::optional<smtp::Reply>>(context_.background, std::move(work));
}

// RFC 5321 section 4.5.1: whoever is refused can still ask the postmaster why.
bool SmtpConnection::is_listed_stranger(const smtp::Mailbox& recipient) const {
    return !listed_by_.empty() && user_.empty() && !context_.config.dnsbl_only_adds_field &&
           !ascii::equals_ignore_case(recipient.local_part, "postmaster");
}

// What the list says goes by the message, for its reader's filter.
std::string SmtpConnection::listing_field() const {
    if (listed_by_.empty() || !user_.empty() || !context_.config.dnsbl_only_adds_field) return "";
    return "X-DNSBL: " + stream_->peer().address + " is listed by " + listed_by_ + "\r\n";
}

bool SmtpConnection::goes_elsewhere(const smtp::Mailbox& recipient) const {
    return context_.config.relay && !user_.empty() && !context_.config.recipients.is_local(recipient);
}

SmtpConnection::Judged SmtpConnection::judge(const smtp::Mailbox& recipient) const {
    if (goes_elsewhere(recipient)) return Places{};
    auto places = context_.config.recipients.resolve(recipient, !user_.empty(), std::time(nullptr));
    if (places && is_listed_stranger(recipient)) {
        return tl::unexpected(
            smtp::Reply{550, "5.7.1", {stream_->peer().address + " is listed by " + listed_by_}});
    }
    return places;
}

asio::awaitable<void> SmtpConnection::judge_by_quota(smtp::RecipientRequested request) {
    Judged judged = judge(request.recipient);
    if (judged) {
        std::vector<std::string> users = judged->users;
        std::optional<smtp::Reply> refused =
            co_await over_quota(std::move(users), transaction_->envelope.size.value_or(0));
        if (refused) judged = tl::unexpected(std::move(*refused));
    }
    answer(request, judged);
}

void SmtpConnection::report_refused(const smtp::Mailbox& recipient, const smtp::Reply& reply) {
    Json json = event("error");
    json["to"] = recipient.encode();
    json["reply"] = json_of(reply);
    report(Error{smtp::reply_kind(reply), "recipient refused"}, std::move(json));
}

void SmtpConnection::answer(const smtp::RecipientRequested& request, const Judged& judged) {
    const Recipients& recipients = context_.config.recipients;
    const smtp::Mailbox& recipient = request.recipient;
    if (!judged) {
        report_refused(recipient, judged.error());
        return session_->refuse(judged.error());
    }
    if (goes_elsewhere(recipient)) {
        transaction_->add_relayed(recipient, request.options);
    } else if (wants_queue(request.options)) {
        transaction_->add_relayed(recipients.qualified(recipient), request.options);
    } else {
        const smtp::Mailbox& sender = transaction_->envelope.reverse_path;
        transaction_->add_recipient(
            recipient, request.options, *judged,
            judged->returns ? sender : recipients.forwarding_path(sender, std::time(nullptr)));
    }
    session_->accept();
}

void SmtpConnection::refuse_message(const smtp::Reply& reply) {
    Json json = event("error");
    json["reply"] = json_of(reply);
    if (transaction_->error()) {
        report_store_error(*transaction_->error(), std::move(json));
    } else {
        // A full mailbox says nothing about the message.
        const Errc kind = smtp::reply_kind(reply);
        report(Error{kind == Errc::temporary ? kind : Errc::data, "message refused"}, std::move(json));
    }
    std::vector<smtp::Reply> replies(transaction_->recipients(), reply);
    transaction_.reset();
    session_->body_answered(std::move(replies));
}

// Date, Message-ID and From where they are missing, and no Bcc; of what came by submission only. Errors: those of
// make_fixups().
Result<std::string> SmtpConnection::fix_up() {
    if (!socket_.submission) return std::string();
    smtp::Mailbox sender = transaction_->envelope.reverse_path;
    if (sender.is_null()) sender = context_.config.recipients.address_of(user_);
    auto fixups = make_fixups(header_, sender);
    if (!fixups) return tl::unexpected(fixups.error());
    transaction_->message()->leave_out(std::move(fixups->blind));
    return std::move(fixups->fields);
}

asio::awaitable<std::optional<smtp::Reply>> SmtpConnection::make_binary_lines() {
    const std::shared_ptr<SpooledMessage> binary = transaction_->message();
    const std::string directory = context_.config.store.root;
    SpoolBudget& budget = context_.spool_budget;
    using Lines = Result<std::shared_ptr<SpooledMessage>>;
    std::function<Lines()> work = [binary, directory, &budget] {
        return make_lines(*binary, directory, budget);
    };
    Lines lines = co_await in_background<Lines>(context_.background, std::move(work));
    if (!lines) co_return smtp::reply_for(lines.error());
    transaction_->replace(std::move(*lines));
    co_return std::nullopt;
}

std::optional<smtp::Reply> SmtpConnection::refused_by_fault() {
    const std::vector<bool> refused = tapped_->message_ends();
    if (refused.size() != transaction_->recipients()) return std::nullopt;
    const smtp::Reply reply{451, "4.3.0", {"Refused by a fault"}};
    if (std::find(refused.begin(), refused.end(), false) == refused.end()) return reply;
    std::vector<std::optional<smtp::Reply>> refusals(refused.size());
    for (std::size_t i = 0; i < refused.size(); ++i) {
        if (refused[i]) refusals[i] = reply;
    }
    transaction_->refuse_recipients(std::move(refusals));
    return std::nullopt;
}

// SMTP has one reply for all.
asio::awaitable<std::optional<smtp::Reply>> SmtpConnection::refused_by_quota() {
    const std::uint64_t octets = transaction_->message()->size();
    if (!is_lmtp()) {
        std::vector<std::string> users = transaction_->user_names();
        co_return co_await over_quota(std::move(users), octets);
    }
    std::vector<std::optional<smtp::Reply>> refusals;
    for (std::size_t i = 0; i < transaction_->recipients(); ++i) {
        std::vector<std::string> users = transaction_->users_of(i);
        std::optional<smtp::Reply> refused = co_await over_quota(std::move(users), octets);
        refusals.push_back(std::move(refused));
    }
    if (std::find(refusals.begin(), refusals.end(), std::nullopt) == refusals.end()) co_return refusals.front();
    for (std::size_t i = 0; i < refusals.size(); ++i) {
        if (refusals[i]) report_refused(transaction_->recipient(i), *refusals[i]);
    }
    transaction_->refuse_recipients(std::move(refusals));
    co_return std::nullopt;
}

asio::awaitable<void> SmtpConnection::end_message(std::optional<smtp::Reply> refused) {
    static std::atomic<std::uint32_t> number = 0;
    if (!refused) refused = transaction_->verdict();
    if (!refused && transaction_->envelope.body == smtp::Body::binary) refused = co_await make_binary_lines();
    if (!refused && has_quota()) refused = co_await refused_by_quota();
    Result<std::string> added;
    if (!refused) added = fix_up();
    if (!added) refused = smtp::reply_for(added.error());
    if (!refused && tapped_) refused = refused_by_fault();
    if (refused) {
        refuse_message(*refused);
        co_return;
    }
    TraceInfo info;
    info.reverse_path = transaction_->envelope.reverse_path;
    info.helo = session_->helo_name();
    info.peer_address = stream_->peer().address;
    info.host_name = context_.config.host_name;
    info.protocol =
        with_protocol(is_lmtp(), session_->esmtp(), transaction_->envelope.smtputf8, on_tls(), !user_.empty());
    info.time = std::time(nullptr);
    info.id = fmt::format("{:x}{:06x}", info.time, ++number & 0xFFFFFFU);

    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    using Results = std::vector<Result<Delivered>>;
    auto completion = std::make_shared<Completion<Results>>(executor);
    Delivery delivery = transaction_->make_delivery(transaction_->message(), {info, listing_field() + *added},
                                                    context_.config.store);
    delivery.done = [completion](Results results) { completion->complete(std::move(results)); };
    context_.deliverer.submit(std::move(delivery));
    const Results results = co_await await_completion<Results>(completion);

    settled_ = Clock::now();
    const auto replies = transaction_->replies(results, info.id);
    tell(results, replies);
    std::vector<smtp::Reply> answers = transaction_->answers(replies, is_lmtp());
    transaction_.reset();
    session_->body_answered(std::move(answers));
}

// What became of the message, an event for each mailbox, and one for each time that it is in the queue.
void SmtpConnection::tell(const std::vector<Result<Delivered>>& results,
                          const std::vector<smtp::Reply>& replies) {
    const std::chrono::duration<double> seconds = Clock::now() - transaction_->began;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i] && transaction_->is_relay(i)) {
            tell_queued(*results[i], transaction_->relayed(i));
            continue;
        }
        if (!transaction_->is_relay(i)) {
            Json json = event("delivery");
            transaction_->describe(i, replies[i], json);
            if (results[i]) {
                if (!results[i]->id.empty())
                    json["ref"] = transaction_->ref_of(i, *results[i], context_.config.store);
                context_.quota.add(context_.config.store.path_of(transaction_->user(i)), results[i]->size);
                json["size"] = results[i]->size;
                json["seconds"] = seconds.count();
            }
            add_tls_version(json);
            context_.events.write(json);
        }
        if (results[i]) continue;
        Json trouble = event("error");
        if (!transaction_->is_relay(i)) trouble["user"] = transaction_->user(i);
        report_store_error(results[i].error(), std::move(trouble));
    }
}

void SmtpConnection::tell_queued(const Delivered& queued, const smtp::Envelope& envelope) {
    Json json = event("queued");
    json["id"] = queued.id;
    json["from"] = envelope.reverse_path.encode();
    json["size"] = queued.size;
    json["recipients"] = Json::array();
    for (const smtp::Mailbox& recipient : envelope.recipients)
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
