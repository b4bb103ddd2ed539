#include "mailpipe/app/submitter.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/app/send/conversion.hpp"
#include "mailpipe/app/send/envelope_part.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/net/pollable.hpp"
#include "mailpipe/smtp/envelope_split.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kBrokenConnections = 2;
// So many recipients every server takes in one transaction, but for those that say otherwise; what comes behind such a
// message may be announced.
constexpr std::size_t kUndivided = 10;
constexpr std::chrono::seconds kIdle{1};
constexpr std::size_t kOneWrite = 65'536;
// What the buffer of a socket takes, where the message before was answered: to write it waits for nobody.
constexpr std::size_t kSmall = 16'384;

// Domain or address literal (RFC 5321 section 4.1.2), by its characters.
bool is_helo_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
        return ascii::is_alnum(c) || std::string_view("-.:[]_").find(c) != std::string_view::npos;
    });
}

std::string own_host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || !is_helo_name(name.data())) return "localhost";
    return name.data();
}

// RFC 5321 section 4.5.3.1.10: some servers give the code only, or that of a full disk.
bool is_too_many(const smtp::Reply& reply) {
    return reply.code == 452 && (reply.enhanced.empty() || reply.enhanced == "4.5.3");
}

bool is_goodbye(const smtp::Finished& finished) {
    return finished.error && finished.error->reply && finished.error->reply->code == 421;
}

// Nothing was said to the server.
smtp::Finished untouched(const smtp::Envelope& envelope, std::optional<Error> error) {
    smtp::Finished finished;
    for (const smtp::Mailbox& recipient : envelope.recipients)
        finished.recipients.push_back({recipient, smtp::Reply{0, "", {error ? error->message : ""}}, false});
    finished.error = std::move(error);
    return finished;
}

}  // namespace

Submitter::Submitter(SubmitterOptions options, Location server, Progress* progress)
    : options_(std::move(options)), server_(std::move(server)), progress_(progress) {}

Result<void> Submitter::prepare() {
    if (auto mode = tls_mode(server_, options_.client); !mode) return tl::unexpected(mode.error());
    if (!options_.helo_name.empty() && !is_helo_name(options_.helo_name)) {
        return fail(Errc::usage, "--helo: not a host name");
    }
    helo_name_ = options_.helo_name.empty() ? own_host_name() : options_.helo_name;
    // Unlike POP3 and IMAP, SMTP is also spoken without a login: without a user there is none.
    if (server_.user.empty() && options_.client.user.empty()) return {};
    auto login = find_login(server_, options_.client);
    if (!login) return tl::unexpected(login.error());
    login_ = std::move(*login);
    return {};
}

Result<void> Submitter::connect() {
    tls_failed_ = false;
    tls_info_.reset();
    announced_.reset();
    quit_sent_ = false;
    transactions_ = 0;
    // Between the end of a message and its reply nobody knows who answers for it: to end there would send it
    // twice (RFC 1047).
    auto connection =
        open_connection(server_, options_.client, [this] { return !committing_ && stop_requested(); });
    if (!connection) return tl::unexpected(connection.error());
    connection_ = std::move(*connection);
    times_.add_connection(connection_->look_up_time, connection_->connect_time, connection_->tls_time);
    auto session = session_options<smtp::ClientOptions>(*connection_, login_, options_.trace);
    session.protocol = server_.scheme == Scheme::lmtp ? smtp::Protocol::lmtp : smtp::Protocol::smtp;
    session.helo_name = helo_name_;
    session.stage_done = [this](smtp::Stage stage) { times_.done(stage); };
    session.stop_after = options_.stop_after;
    session_ = std::make_unique<smtp::ClientSession>(std::move(session));
    auto ready = drive(*session_, *connection_);
    tls_failed_ = connection_->tls_failed;
    tls_info_ = connection_->tls_info;
    if (!ready) return tl::unexpected(ready.error());
    connection_->login_due.reset();
    const auto* event = std::get_if<smtp::Ready>(&*ready);
    if (event == nullptr) return fail(Errc::protocol, "no session was begun");
    capabilities_ = event->capabilities;
    last_answer_ = std::chrono::steady_clock::now();
    return {};
}

Result<void> Submitter::ensure_connected() {
    if (session_ && quit_sent_) quit();
    if (session_) return {};
    auto connected = connect();
    if (connected) return {};
    disconnect();
    given_up_ = connected.error();
    return connected;
}

Result<smtp::Finished> Submitter::submit(const smtp::Envelope& envelope, OutgoingText& text) {
    if (given_up_) return tl::unexpected(*given_up_);
    times_.begin();
    // What was announced, and is not what comes, would wait for its message for ever.
    if (announced_ && *announced_ != envelope.recipients) disconnect();
    if (announced_) return exchange(envelope, text, true);
    if (auto connected = ensure_connected(); !connected) return tl::unexpected(connected.error());
    if (!is_divided(envelope)) return exchange(envelope, text, true);
    return divide(envelope, smtp::split_recipients(envelope, capabilities_), text);
}

// Recipients that are too many for the server go in further transactions, for as long as it takes some in each.
Result<smtp::Finished> Submitter::divide(const smtp::Envelope& envelope,
                                         std::vector<std::vector<std::size_t>> parts, OutgoingText& text) {
    smtp::Finished all;
    all.recipients.resize(envelope.recipients.size());
    bool any = false;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        auto finished = exchange(envelope_part(envelope, parts[at]), text, false);
        if (!finished && !any) return finished;
        std::vector<std::size_t> later;
        bool progress = false;
        for (std::size_t i = 0; i < parts[at].size(); ++i) {
            smtp::RecipientResult& result = all.recipients[parts[at][i]];
            result = finished ? std::move(finished->recipients[i])
                              : smtp::RecipientResult{envelope.recipients[parts[at][i]],
                                                      smtp::Reply{0, "", {finished.error().message}}, false};
            progress = progress || result.accepted;
            if (!result.accepted && is_too_many(result.reply)) later.push_back(parts[at][i]);
        }
        any = any || progress;
        if (!finished) continue;
        all.not_taken = std::move(finished->not_taken);
        if (!any && !all.error) all.error = std::move(finished->error);
        if (progress && !later.empty()) parts.push_back(std::move(later));
    }
    if (any) all.error.reset();
    return all;
}

Result<smtp::Finished> Submitter::exchange(const smtp::Envelope& envelope, OutgoingText& text,
                                           bool may_look_ahead) {
    while (true) {
        if (auto connected = ensure_connected(); !connected) return tl::unexpected(connected.error());
        const bool is_fresh = transactions_ == 0;
        if (options_.stop_after && *options_.stop_after <= smtp::Stage::auth)
            return untouched(envelope, std::nullopt);
        auto finished = transact(envelope, text, may_look_ahead);
        if (settle(finished, is_fresh)) return finished;
    }
}

bool Submitter::settle(const Result<smtp::Finished>& outcome, bool is_fresh) {
    const bool committing = std::exchange(committing_, false);
    in_doubt_ = committing && !outcome;
    last_answer_ = std::chrono::steady_clock::now();
    const bool may_repeat = !is_fresh && !committing && !stop_requested();
    if (!outcome) {
        disconnect();
        // A server that was idle between two messages may have gone. Nothing of this one can have been taken as
        // long as its end was not sent.
        if (may_repeat) return false;
        if (++broken_ >= kBrokenConnections) given_up_ = outcome.error();
        return true;
    }
    broken_ = 0;
    ++transactions_;
    const bool bye = is_goodbye(*outcome);
    if (bye || options_.stop_after == smtp::Stage::data) disconnect();
    // Some servers take so many messages over one connection, and say so by 421 to the next MAIL.
    if (bye && may_repeat) return false;
    if (session_ && !announced_ && capabilities_.mail_max != 0 && transactions_ >= capabilities_.mail_max)
        quit();
    return true;
}

bool Submitter::is_ready_for(const smtp::Envelope& envelope) const {
    if (given_up_ || !session_ || quit_sent_ || options_.stop_after || capabilities_.mail_max != 0)
        return false;
    if (!envelope.size || *envelope.size > kSmall) return false;
    if (announced_) return *announced_ == envelope.recipients;
    return !needs_conversion(envelope) && !is_divided(envelope);
}

SubmitState Submitter::begin(const smtp::Envelope& envelope, OutgoingText& text) {
    times_.begin();
    running_ = Running{&envelope, &text, transactions_ == 0, {}};
    if (!announced_) begin_transaction(as_offered(envelope));
    announced_.reset();
    text.rewind();
    return advance(false);
}

SubmitState Submitter::resume() {
    return advance(true);
}

// Reads what has come, if anything has.
SubmitState Submitter::advance(bool may_read) {
    const auto read = [&]() -> Result<std::optional<std::string_view>> {
        // What comes behind it is told of by the descriptor.
        if (!std::exchange(may_read, net::has_read_ahead(*connection_->stream))) return std::nullopt;
        return connection_->stream->try_read();
    };
    while (!running_->outcome) {
        auto step = drive_by(*session_, *connection_, read);
        if (step && std::holds_alternative<wire::NeedInput>(*step)) return SubmitState::waits;
        running_->outcome = take_step(std::move(step), *running_->text, true);
    }
    const Result<smtp::Finished>& outcome = *running_->outcome;
    return outcome && !is_goodbye(*outcome) ? SubmitState::finished : SubmitState::broken;
}

int Submitter::descriptor() const {
    return net::has_read_ahead(*connection_->stream) ? -1 : net::descriptor_of(*connection_->stream);
}

Result<smtp::Finished> Submitter::finish() {
    Running running = *std::exchange(running_, std::nullopt);
    auto outcome = running.outcome ? std::move(*running.outcome) : converse(*running.text, true);
    if (settle(outcome, running.is_fresh)) return outcome;
    return exchange(*running.envelope, *running.text, true);
}

// UTF-8 in a header is declared where it can be; servers without SMTPUTF8 take it unsaid, as they have always done.
smtp::Envelope Submitter::as_offered(const smtp::Envelope& envelope) const {
    smtp::Envelope offered = envelope;
    if (options_.adapt) offered.smtputf8 = offered.smtputf8 && capabilities_.smtputf8;
    return offered;
}

// What the server lacks is made up for here.
Result<OutgoingText*> Submitter::adapt(smtp::Envelope& envelope, OutgoingText& text) {
    if (!needs_conversion(envelope)) return &text;
    if (auto made = convert(text, Unfit::eight_bit, converted_); !made) return tl::unexpected(made.error());
    envelope.body = smtp::Body::seven_bit;
    envelope.size = converted_.size();
    return &converted_;
}

Result<smtp::Finished> Submitter::transact(const smtp::Envelope& envelope, OutgoingText& text,
                                           bool may_look_ahead) {
    // What is announced is as the server wants it.
    if (announced_) {
        announced_.reset();
        text.rewind();
        return converse(text, may_look_ahead);
    }
    smtp::Envelope adapted = as_offered(envelope);
    auto body = adapt(adapted, text);
    if (!body) return untouched(envelope, std::move(body.error()));
    (*body)->rewind();
    begin_transaction(std::move(adapted));
    return converse(**body, may_look_ahead);
}

void Submitter::begin_transaction(smtp::Envelope envelope) {
    // Where a connection has been idle, the server may be gone: the message stays here until it has answered.
    const bool warily = transactions_ > 0 && std::chrono::steady_clock::now() - last_answer_ > kIdle;
    session_->submit(std::move(envelope), warily);
}

Result<smtp::Finished> Submitter::converse(OutgoingText& text, bool may_look_ahead) {
    while (true) {
        if (auto outcome = take_step(drive(*session_, *connection_), text, may_look_ahead))
            return std::move(*outcome);
    }
}

// nullopt: the transaction goes on.
std::optional<Result<smtp::Finished>> Submitter::take_step(Step step, OutgoingText& text, bool may_look_ahead) {
    if (!step) return tl::unexpected(step.error());
    if (auto* finished = std::get_if<smtp::Finished>(&*step)) return std::move(*finished);
    if (!std::holds_alternative<smtp::BodyWanted>(*step))
        return fail(Errc::protocol, "the session ended early");
    if (auto given = give_body(text, may_look_ahead); !given) return tl::unexpected(given.error());
    return std::nullopt;
}

// As much as one write should carry, and the end with it: each write of a small message costs more than its octets.
Result<void> Submitter::give_body(OutgoingText& text, bool may_look_ahead) {
    std::size_t given = 0;
    while (given < kOneWrite) {
        auto piece = text.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) {
            committing_ = true;
            session_->body_end();
            if (may_look_ahead && ahead_) go_ahead();
            return {};
        }
        if (progress_ != nullptr) progress_->add_octets(piece->size());
        session_->body(*piece);
        given += piece->size();
    }
    return {};
}

void Submitter::go_ahead() {
    const Ahead ahead = ahead_();
    if (ahead.is_last) {
        quit_sent_ = true;
        return session_->quit();
    }
    const bool is_full = capabilities_.mail_max != 0 && transactions_ + 1 >= capabilities_.mail_max;
    if (ahead.envelope == nullptr || is_full || !capabilities_.pipelining || stop_requested()) return;
    if (needs_conversion(*ahead.envelope) || is_divided(*ahead.envelope)) return;
    announced_ = ahead.envelope->recipients;
    session_->submit(as_offered(*ahead.envelope));
}

bool Submitter::needs_conversion(const smtp::Envelope& envelope) const {
    return options_.adapt && envelope.body == smtp::Body::eight_bit && !capabilities_.eight_bit_mime;
}

bool Submitter::is_divided(const smtp::Envelope& envelope) const {
    if (envelope.recipients.size() > kUndivided) return true;
    const bool has_limits = capabilities_.recipients_max != 0 || capabilities_.recipient_domains_max != 0;
    return has_limits && smtp::split_recipients(envelope, capabilities_).size() > 1;
}

void Submitter::quit() {
    if (!session_) return;
    // A transaction that was announced ends with the connection.
    if (!announced_) {
        if (!quit_sent_) session_->quit();
        [[maybe_unused]] const auto closed = drive(*session_, *connection_);
    }
    disconnect();
}

void Submitter::disconnect() {
    session_.reset();
    announced_.reset();
    quit_sent_ = false;
    if (connection_ && connection_->stream) connection_->stream->close();
    connection_.reset();
}

std::string Submitter::tls_version() const {
    return tls_info_ ? tls_info_->version : "";
}

}  // namespace mailpipe::app
