#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

struct SubmitterOptions {
    ClientOptions client;
    std::string helo_name;   // empty: the name of this host
    Trace* trace = nullptr;  // not owned
};

// Submits messages over one connection, which is opened for the first message and again when the server ended
// it between two. After a connection that could not be opened, or two in a row that broke, nothing more is
// tried.
class Submitter {
 public:
    // `progress` counts the octets sent; it may be null and outlives this.
    Submitter(SubmitterOptions options, Location server, Progress* progress = nullptr);

    // Errors: usage, config: what needs no server to be wrong.
    Result<void> prepare();
    // The error is that of the connection; a refusal by the server is in Finished. A signal to stop is obeyed
    // as long as the end of the message was not sent.
    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text);
    bool given_up() const { return given_up_.has_value(); }
    // Of the submit() that failed last: the message's end was sent, and who answers for it is not known (RFC 1047).
    bool in_doubt() const { return in_doubt_; }
    // The same: the handshake behind STARTTLS failed.
    bool tls_failed() const { return tls_failed_; }
    // Says goodbye; what the server answers changes nothing, every message is answered already.
    void quit();

    std::string tls_version() const;  // of the connection used last; empty without TLS

 private:
    Result<void> connect();
    Result<smtp::Finished> transact(const smtp::Envelope& envelope, OutgoingText& text);
    void disconnect();

    SubmitterOptions options_;
    Location server_;
    Progress* progress_;
    Login login_;  // without a user: none
    std::string helo_name_;
    std::optional<Connection> connection_;
    std::unique_ptr<smtp::ClientSession> session_;
    std::string tls_version_;
    bool in_doubt_ = false;
    bool tls_failed_ = false;
    bool committing_ = false;  // the end of a message was sent, its reply has not come
    std::size_t broken_ = 0;   // connections in a row
    std::optional<Error> given_up_;
};

}  // namespace mailpipe::app
