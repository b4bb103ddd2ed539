#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/redactor.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/smtp/client_session.hpp"
#include "mailpipe/smtp/reply_parser.hpp"
#include "mailpipe/wire/dot_stuffing.hpp"
#include "mailpipe/wire/input_buffer.hpp"
#include "mailpipe/wire/line_ends.hpp"
#include "mailpipe/wire/line_framer.hpp"

namespace mailpipe::smtp {

// client_session.cpp drives and logs in, client_transaction.cpp carries envelopes, client_body.cpp their messages.
struct ClientSession::Impl {
    // What a reply answers; the name appears in errors as "waiting for the reply to ...".
    enum class Awaited {
        greeting,
        ehlo,
        helo,
        starttls,
        auth,
        auth_abort,
        rset,
        mail,
        rcpt,
        data,
        chunk,  // BDAT without LAST
        body,
        quit
    };
    struct Pending {
        Awaited what{};
        std::size_t recipient = 0;  // rcpt and, in LMTP, body
    };
    struct Queued {
        Pending pending;
        std::string line;
    };
    // How a message goes: by DATA, by one BDAT in the flight of its envelope, or by BDAT behind the replies to RCPT.
    enum class Transfer { data, whole, chunks };
    struct Transaction {
        bool any_accepted() const;

        Envelope envelope;
        Transfer transfer = Transfer::data;
        std::optional<Error> impossible;            // found before MAIL
        std::vector<std::optional<Reply>> replies;  // of each recipient: the one that decided, or none yet
        std::vector<bool> accepted;                 // RCPT was answered 2yz
        bool mail_accepted = false;
        bool body_ended = false;
        bool any_final = false;  // a recipient's reply to the body has come (LMTP)
        std::optional<Reply> first_refusal;
        std::vector<std::string> not_taken;
    };
    enum class Phase { login, ready, transaction, body, ended };

    static std::string_view name(Awaited what);

    explicit Impl(ClientOptions client_options) : options(std::move(client_options)) {
        redactor.add(options.password.reveal());
    }

    ClientStep next();

    // Driver.
    void read_reply();
    void reply_line(std::string_view line);
    void end_of_input();
    void fail_with(Error error);
    void fail_with(Errc kind, std::string message) { fail_with(Error{kind, std::move(message)}); }
    void fail_with(Errc kind, std::string_view what, const Reply& reply);
    void send(Pending pending, std::string_view line, std::string_view traced = {});
    void send_queued();

    // Login.
    void on_reply(Pending pending, const Reply& reply);
    void on_greeting(const Reply& reply);
    void send_ehlo();
    void on_ehlo(const Reply& reply);
    void on_helo(const Reply& reply);
    void on_starttls(const Reply& reply);
    void start_auth();
    void on_auth(const Reply& reply);
    void abort_auth(Error error);
    void become_ready();
    void done(Stage stage) const {
        if (options.stage_done) options.stage_done(stage);
    }
    bool stops_after(Stage stage) const { return options.stop_after == stage; }
    bool tls_active() const {
        return options.tls != TlsUse::none && (options.tls == TlsUse::implicit || tls_done);
    }

    // Transaction.
    void submit(Envelope envelope, bool warily);
    void begin_transaction();
    Transaction& now() { return transactions.front(); }
    const Transaction& now() const { return transactions.front(); }
    bool may_go_ahead() const;
    void send_quit();
    static Error error_of(const Reply& reply, std::string_view what);
    void on_transaction_reply(Pending pending, const Reply& reply);
    void on_mail(const Reply& reply);
    void on_rcpt(std::size_t recipient, const Reply& reply);
    void on_data(const Reply& reply);
    void on_body(std::size_t recipient, const Reply& reply);
    void refuse_rest(const Reply& reply);
    void finish_transaction(std::optional<Error> error);
    void finish_cut_off(const Reply& reply);

    // Body.
    void choose_transfer(Transaction& added, bool waits) const;
    void want_body();
    bool may_take_body() const;
    void body(std::string_view crlf_text);
    void body_end();
    void send_chunk(bool last);
    void trace_body(std::uint64_t octets);
    void expect_body_replies();
    void on_chunk(const Reply& reply);

    ClientOptions options;
    Redactor redactor;
    wire::InputBuffer input;
    wire::LineFramer framer{wire::LineEnd::crlf_or_lf, limits::kReplyLine, "kReplyLine"};
    ReplyParser parser;
    std::string out;
    std::deque<ClientStep> events;
    std::deque<Pending> pending{{Awaited::greeting}};
    std::deque<Queued> queued;  // of the last transaction, until they may be sent
    Phase phase = Phase::login;
    Capabilities capabilities;
    bool tls_done = false;
    bool awaiting_tls = false;
    std::unique_ptr<sasl::Client> mechanism;
    std::optional<Error> auth_error;

    // Transactions: the one that runs, and one that was submitted ahead.
    std::deque<Transaction> transactions;
    bool needs_rset = false;
    bool quit_sent = false;
    bool quit_wanted = false;
    bool lmtp_replies_due = false;  // to BDAT LAST: how many is known behind the replies to RCPT

    // Body of the one that runs.
    wire::DotEncoder encoder;
    wire::LineEndChecker line_ends;
    std::uint64_t body_octets = 0;
    char last_octet = '\n';
    std::string held;  // of the next chunk
};

}  // namespace mailpipe::smtp
