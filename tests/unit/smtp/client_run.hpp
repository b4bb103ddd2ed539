#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::smtp::test {

struct Submission {
    Envelope envelope;
    std::string body;
};

struct ClientLog {
    std::string output;
    std::vector<std::string> events;
    std::vector<Finished> finished;
    std::optional<Error> error;
};

// Drives a client session against a server that is a list of lines, one fed each time the session needs input.
// The line "TLS" stands for the handshake, "EOF" for the end of the stream.
class ClientRun {
 public:
    ClientRun(ClientOptions options, std::vector<Submission> submissions)
        : session(std::move(options)), submissions_(std::move(submissions)) {}

    // Runs until the session needs input.
    void drain() {
        while (!over_) {
            auto step = session.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            take(step);
        }
    }

    ClientLog run(const std::vector<std::string>& server, std::size_t piece = std::string_view::npos) {
        for (const auto& line : server) {
            drain();
            if (line == "EOF") {
                session.feed_eof();
            } else {
                feed(line + "\r\n", piece);
            }
        }
        drain();
        return log;
    }

    void feed(std::string_view octets, std::size_t piece = std::string_view::npos) {
        while (!octets.empty()) {
            const std::string_view now = octets.substr(0, piece);
            octets.remove_prefix(now.size());
            session.feed(now);
            drain();
        }
    }

    ClientSession session;
    ClientLog log;
    bool ahead = false;  // what follows is asked for behind body_end(), not behind Finished

 private:
    void take(ClientStep& step) {
        if (auto* output = std::get_if<wire::Output>(&step)) {
            log.output += output->octets;
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            log.events.emplace_back("tls");
            session.tls_started();
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            log.error = failed->error;
            over_ = true;
        } else if (std::holds_alternative<Ready>(step)) {
            log.events.emplace_back("ready");
            go_on();
        } else if (std::holds_alternative<BodyWanted>(step)) {
            write_body();
        } else if (auto* finished = std::get_if<Finished>(&step)) {
            std::string text = "finished";
            for (const auto& result : finished->recipients) {
                text += ' ' + std::to_string(result.reply.code) + (result.accepted ? "+" : "-");
            }
            log.events.push_back(text);
            log.finished.push_back(*finished);
            body_at_ = 0;
            if (at_ < log.finished.size() + 1 && !quit_) go_on();
        } else if (std::holds_alternative<Closed>(step)) {
            log.events.emplace_back("closed");
            over_ = true;
        }
    }

    void go_on() {
        quit_ = at_ == submissions_.size();
        if (quit_) return session.quit();
        session.submit(submissions_[at_++].envelope);
    }

    // In pieces that cut through everything.
    void write_body() {
        const std::string& body = submissions_[log.finished.size()].body;
        if (body_at_ == body.size()) {
            session.body_end();
            if (ahead) go_on();
            return;
        }
        const std::string_view piece = std::string_view(body).substr(body_at_, 3);
        body_at_ += piece.size();
        session.body(piece);
    }

    std::vector<Submission> submissions_;
    std::size_t at_ = 0;
    std::size_t body_at_ = 0;
    bool quit_ = false;
    bool over_ = false;
};

inline Submission submission(std::vector<std::string> recipients,
                             std::string body = "Subject: x\r\n\r\n.dot\r\n") {
    Submission out;
    out.envelope.reverse_path = {"a", "b.org"};
    for (const auto& recipient : recipients)
        out.envelope.recipients.push_back(parse_mailbox(recipient).value());
    out.body = std::move(body);
    return out;
}

inline ClientOptions client_options(TlsUse tls = TlsUse::none) {
    ClientOptions options;
    options.tls = tls;
    options.helo_name = "me.org";
    return options;
}

}  // namespace mailpipe::smtp::test
