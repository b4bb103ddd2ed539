#include "mailpipe/app/submitter.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kBrokenConnections = 2;

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
    tls_version_.clear();
    tls_failed_ = false;
    // Between the end of a message and its reply nobody knows who answers for it: to end there would send it
    // twice (RFC 1047).
    auto connection =
        open_connection(server_, options_.client, [this] { return !committing_ && stop_requested(); });
    if (!connection) return tl::unexpected(connection.error());
    connection_ = std::move(*connection);
    auto session = session_options<smtp::ClientOptions>(*connection_, login_, options_.trace);
    session.protocol = server_.scheme == Scheme::lmtp ? smtp::Protocol::lmtp : smtp::Protocol::smtp;
    session.helo_name = helo_name_;
    session_ = std::make_unique<smtp::ClientSession>(std::move(session));
    auto ready = drive(*session_, *connection_);
    tls_failed_ = connection_->tls_failed;
    if (connection_->tls_info) tls_version_ = connection_->tls_info->version;
    if (!ready) return tl::unexpected(ready.error());
    connection_->login_due.reset();
    if (!std::holds_alternative<smtp::Ready>(*ready)) return fail(Errc::protocol, "no session was begun");
    return {};
}

Result<smtp::Finished> Submitter::submit(const smtp::Envelope& envelope, OutgoingText& text) {
    if (given_up_) return tl::unexpected(*given_up_);
    while (true) {
        const bool fresh = session_ == nullptr;
        if (fresh) {
            if (auto connected = connect(); !connected) {
                disconnect();
                given_up_ = connected.error();
                return tl::unexpected(connected.error());
            }
        }
        auto finished = transact(envelope, text);
        const bool committing = std::exchange(committing_, false);
        in_doubt_ = committing && !finished;
        if (finished) {
            broken_ = 0;
            return finished;
        }
        disconnect();
        // A server that was idle between two messages may have gone. Nothing of this one can have been taken as
        // long as its end was not sent.
        if (!fresh && !committing && !stop_requested()) continue;
        if (++broken_ >= kBrokenConnections) given_up_ = finished.error();
        return finished;
    }
}

Result<smtp::Finished> Submitter::transact(const smtp::Envelope& envelope, OutgoingText& text) {
    text.rewind();
    session_->submit(envelope);
    while (true) {
        auto step = drive(*session_, *connection_);
        if (!step) return tl::unexpected(step.error());
        if (auto* finished = std::get_if<smtp::Finished>(&*step)) return std::move(*finished);
        if (!std::holds_alternative<smtp::BodyWanted>(*step))
            return fail(Errc::protocol, "the session ended early");
        auto piece = text.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) {
            committing_ = true;
            session_->body_end();
        } else {
            if (progress_ != nullptr) progress_->add_octets(piece->size());
            session_->body(*piece);
        }
    }
}

void Submitter::quit() {
    if (!session_) return;
    session_->quit();
    [[maybe_unused]] const auto closed = drive(*session_, *connection_);
    disconnect();
}

void Submitter::disconnect() {
    session_.reset();
    if (connection_ && connection_->stream) connection_->stream->close();
    connection_.reset();
}

std::string Submitter::tls_version() const {
    return tls_version_;
}

}  // namespace mailpipe::app
