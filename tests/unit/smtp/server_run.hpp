#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/smtp/server_session.hpp"

namespace mailpipe::smtp::test {

// What one run of a server session said and asked.
struct ServerLog {
    std::string output;
    std::vector<std::string> events;
    std::string body;  // of all messages, in order
    std::string error;

    bool operator==(const ServerLog&) const = default;

    // The codes of the replies in order, without the lines that continue: "220 250 250 354 250 221".
    std::string codes() const {
        std::string out;
        for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
            if (output[at + 3] == '-') continue;
            if (!out.empty()) out += ' ';
            out += output.substr(at, 3);
        }
        return out;
    }
};

// Drives a session over a whole dialogue. TLS starts where the session asks; users: alice/secret and, for a
// temporary failure, later/secret; recipients whose local part begins with "no" do not exist; XCLIENT of 203.0.113.99 is
// refused.
class ServerRun {
 public:
    explicit ServerRun(ServerOptions options) : session(std::move(options)) { drain(); }

    void feed(std::string_view octets, std::size_t piece = std::string_view::npos) {
        while (!octets.empty()) {
            const std::string_view now = octets.substr(0, piece);
            octets.remove_prefix(now.size());
            session.feed(now);
            drain();
        }
    }
    void feed_eof() {
        session.feed_eof();
        drain();
    }

    void drain() {
        while (true) {
            auto step = session.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            take(step);
        }
    }

    ServerSession session;
    ServerLog log;
    std::vector<Mailbox> recipients;
    std::vector<Envelope> envelopes;                  // of every MAIL
    std::vector<RecipientOptions> recipient_options;  // of every RCPT

 private:
    void take(ServerStep& step) {
        if (auto* output = std::get_if<wire::Output>(&step)) {
            log.output += output->octets;
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            log.error = failed->error.message;
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            log.events.emplace_back("tls");
            session.tls_started();
        } else if (auto* auth = std::get_if<AuthRequested>(&step)) {
            const sasl::ServerRequest& request = auth->request;
            log.events.push_back("auth " + request.user + '/' + std::string(request.password.reveal()));
            if (request.user == "alice" && request.password.equals("secret")) return session.auth_accepted();
            session.auth_refused(request.user == "later");
        } else if (auto* mail = std::get_if<MailRequested>(&step)) {
            const Envelope& envelope = mail->envelope;
            log.events.push_back("mail <" + envelope.reverse_path.encode() + ">" +
                                 (envelope.body == Body::eight_bit ? " 8bit" : "") +
                                 (envelope.body == Body::binary ? " binary" : "") +
                                 (envelope.size ? " size " + std::to_string(*envelope.size) : ""));
            envelopes.push_back(envelope);
            recipients.clear();
            session.accept();
        } else if (auto* rcpt = std::get_if<RecipientRequested>(&step)) {
            log.events.push_back("rcpt <" + rcpt->recipient.encode() + ">");
            recipient_options.push_back(rcpt->options);
            if (rcpt->recipient.local_part.substr(0, 2) == "no") {
                return session.refuse(Reply{550, "5.1.1", {"No such user here"}});
            }
            recipients.push_back(rcpt->recipient);
            session.accept();
        } else if (auto* data = std::get_if<BodyData>(&step)) {
            log.body += data->octets;
        } else if (std::holds_alternative<BodyBegin>(step)) {
            log.events.emplace_back("body");
        } else if (auto* end = std::get_if<BodyEnd>(&step)) {
            log.events.push_back(end->refused ? "refused " + std::to_string(end->refused->code) : "end");
            if (end->refused) return session.body_answered({});
            session.body_answered(std::vector<Reply>(std::max<std::size_t>(recipients.size(), 1)));
        } else if (auto* verify = std::get_if<VerifyRequested>(&step)) {
            log.events.push_back((verify->expand ? "expn " : "vrfy ") + verify->argument);
            session.verified(Reply{250, "2.1.5", {"alice@example.org"}});
        } else if (auto* client = std::get_if<ClientNamed>(&step)) {
            log.events.push_back("client " + client->address + ' ' + std::to_string(client->port) +
                                 (client->esmtp ? " ESMTP" : " SMTP") +
                                 (client->helo.empty() ? "" : " helo " + client->helo) +
                                 (client->login.empty() ? "" : " login " + client->login));
            if (client->address == "203.0.113.99") return session.refuse(Reply{421, "4.7.0", {"Not now"}});
            session.accept();
        } else if (std::holds_alternative<TransactionAborted>(step)) {
            log.events.emplace_back("aborted");
        } else if (std::holds_alternative<PeerQuit>(step)) {
            log.events.emplace_back("quit");
        }
    }
};

inline ServerOptions server_options(ServerProtocol protocol = ServerProtocol::smtp) {
    ServerOptions options;
    options.protocol = protocol;
    options.host_name = "mx.example.org";
    options.max_size = 10000;
    options.tls_available = true;
    options.auth_available = true;
    options.auth_without_tls = true;
    return options;
}

inline ServerLog run_server(std::string_view input, const ServerOptions& options, std::size_t piece) {
    ServerRun run(options);
    run.feed(input, piece);
    return run.log;
}

}  // namespace mailpipe::smtp::test
