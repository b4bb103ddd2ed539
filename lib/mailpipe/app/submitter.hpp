#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/app/stage_times.hpp"
#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

struct SubmitterOptions {
    ClientOptions client;
    std::string helo_name;   // empty: the name of this host
    Trace* trace = nullptr;  // not owned
    // What a server does not take is converted: body parts with 8-bit text where 8BITMIME is missing (send/conversion.hpp).
    bool adapt = false;
    std::optional<smtp::Stage> stop_after = {};  // as smtp::ClientOptions say
};

// What comes behind the message that is being submitted.
struct Ahead {
    const smtp::Envelope* envelope = nullptr;  // of the next one, if there is one to the same server already
    bool is_last = false;                      // there will be none
};

// How far a message has got that is submitted in steps.
enum class SubmitState {
    waits,     // for the server
    finished,  // finish() returns at once
    broken     // finish() tries another connection, or waits in another way
};

// Submits messages over one connection, which is opened for the first message and again when the server ended
// it between two. After a connection that could not be opened, or two in a row that broke, nothing more is
// tried. Recipients are divided where the server's LIMITS (RFC 9422) or 452 4.5.3 (RFC 5321 section 4.5.3.1.10) ask for it.
class Submitter {
 public:
    // `progress` counts the octets sent; it may be null and outlives this.
    Submitter(SubmitterOptions options, Location server, Progress* progress = nullptr);

    // Errors: usage, config: what needs no server to be wrong.
    Result<void> prepare();
    // The error is that of the connection; a refusal by the server is in Finished. A signal to stop is obeyed
    // as long as the end of the message was not sent.
    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text);

    // submit() in steps, for one that is_ready_for(). Until finish() has returned, envelope and text stay.
    bool is_ready_for(const smtp::Envelope& envelope) const;
    SubmitState begin(const smtp::Envelope& envelope, OutgoingText& text);
    SubmitState resume();
    Result<smtp::Finished> finish();
    // Readable when resume() may get further; -1: it does at once.
    int descriptor() const;

    // Asked when the end of a message was written, before its reply is awaited: an envelope that it names leaves with it,
    // and must be that of the next submit(). May be empty.
    void look_ahead(std::function<Ahead()> ahead) { ahead_ = std::move(ahead); }
    bool given_up() const { return given_up_.has_value(); }
    // Of the submit() that failed last: the message's end was sent, and who answers for it is not known (RFC 1047).
    bool in_doubt() const { return in_doubt_; }
    // The same: the handshake behind STARTTLS failed.
    bool tls_failed() const { return tls_failed_; }
    // Says goodbye; what the server answers changes nothing, every message is answered already.
    void quit();

    std::string tls_version() const;  // of the connection used last; empty without TLS
    const std::optional<net::TlsInfo>& tls_info() const { return tls_info_; }  // the same
    const StageTimes& times() const { return times_; }                         // of the last submit()

 private:
    Result<void> connect();
    Result<void> ensure_connected();
    Result<smtp::Finished> exchange(const smtp::Envelope& envelope, OutgoingText& text, bool may_look_ahead);
    Result<smtp::Finished> divide(const smtp::Envelope& envelope, std::vector<std::vector<std::size_t>> parts,
                                  OutgoingText& text);
    struct Running {
        const smtp::Envelope* envelope;
        OutgoingText* text;
        bool is_fresh;  // the connection has carried nothing before
        std::optional<Result<smtp::Finished>> outcome;
    };
    using Step = Result<smtp::ClientStep>;

    bool needs_conversion(const smtp::Envelope& envelope) const;
    bool is_divided(const smtp::Envelope& envelope) const;
    // false: the message is to be tried once more, over another connection.
    bool settle(const Result<smtp::Finished>& outcome, bool is_fresh);
    Result<smtp::Finished> transact(const smtp::Envelope& envelope, OutgoingText& text, bool may_look_ahead);
    void begin_transaction(smtp::Envelope envelope);
    Result<smtp::Finished> converse(OutgoingText& text, bool may_look_ahead);
    std::optional<Result<smtp::Finished>> take_step(Step step, OutgoingText& text, bool may_look_ahead);
    smtp::Envelope as_offered(const smtp::Envelope& envelope) const;
    Result<OutgoingText*> adapt(smtp::Envelope& envelope, OutgoingText& text);
    Result<void> give_body(OutgoingText& text, bool may_look_ahead);
    void go_ahead();
    SubmitState advance(bool may_read);
    void disconnect();

    SubmitterOptions options_;
    Location server_;
    Progress* progress_;
    Login login_;  // without a user: none
    std::string helo_name_;
    std::optional<Connection> connection_;
    std::unique_ptr<smtp::ClientSession> session_;
    bool in_doubt_ = false;
    bool tls_failed_ = false;
    smtp::Capabilities capabilities_;
    std::function<Ahead()> ahead_;
    std::optional<std::vector<smtp::Mailbox>>
        announced_;  // recipients of the envelope that the session has already
    bool quit_sent_ = false;
    std::uint64_t transactions_ = 0;  // of the connection
    std::chrono::steady_clock::time_point last_answer_;
    OutgoingText converted_;
    std::optional<net::TlsInfo> tls_info_;
    StageTimes times_;
    bool committing_ = false;  // the end of a message was sent, its reply has not come
    std::size_t broken_ = 0;   // connections in a row
    std::optional<Error> given_up_;
    std::optional<Running> running_;
};

}  // namespace mailpipe::app
