#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "mailpipe/app/serve/session_connection.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {

inline constexpr std::chrono::seconds kLoginPatience{60};

// A connection on which somebody logs in to his mail: POP3, IMAP. `Failure` is the LoginFailure of the protocol.
template <class Session, class SessionOptions, class Failure>
class MailboxConnection : public SessionConnection<Session, SessionOptions> {
 public:
    using SessionConnection<Session, SessionOptions>::SessionConnection;

 protected:
    std::chrono::milliseconds patience_before_settled() const override {
        return std::min<std::chrono::milliseconds>(this->context_.config.timeout, kLoginPatience);
    }

    // Who has logged in. Empty: nobody yet, and the session has its answer.
    asio::awaitable<std::string> find_user(sasl::ServerRequest request) {
        if (request.kind == sasl::ServerRequest::Kind::keys) {
            sasl::ScramKeys keys = co_await this->find_keys(std::move(request));
            this->session_->login_keys(std::move(keys));
            co_return std::string();
        }
        LoginVerdict verdict = co_await this->log_in(std::move(request));
        if (verdict.user.empty())
            this->session_->login_refused(verdict.later ? Failure::temporary : Failure::credentials);
        co_return std::move(verdict.user);
    }

    // To somebody whose password was right.
    void refuse_mailbox(const Error& error) {
        if (error.kind == Errc::unavailable) {
            this->report(error);
            this->session_->login_refused(Failure::in_use);
        } else {
            this->report_store_error(error, this->event("error"));
            this->session_->login_refused(Failure::temporary);
        }
    }
};

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
