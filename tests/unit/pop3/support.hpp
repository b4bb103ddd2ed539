#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/pop3/client_session.hpp"
#include "mailpipe/pop3/server_session.hpp"

// Drives POP3 sessions in memory and writes down what they yield, one text an event.
namespace mailpipe::pop3::test {

inline std::string kind_name(Errc kind) {
    static constexpr const char* kNames[] = {
        "usage",     "config", "data",     "not_found",   "no_user", "no_host", "unavailable",   "temporary",
        "permanent", "auth",   "protocol", "unsupported", "limit",   "io",      "cannot_create", "tls"};
    return kNames[static_cast<std::size_t>(kind)];
}

class Collector : public Trace {
 public:
    void client_line(std::string_view line) override { lines.push_back("C: " + std::string(line)); }
    void server_line(std::string_view line) override { lines.push_back("S: " + std::string(line)); }
    std::vector<std::string> lines;
};

// Message data is merged, so that the list does not depend on how the input was split.
class ClientDriver {
 public:
    explicit ClientDriver(ClientOptions options) : session(std::move(options)) {}

    // Feeds in pieces and drains after each.
    void feed(std::string_view octets, std::size_t piece = std::string_view::npos) {
        while (!octets.empty()) {
            session.feed(octets.substr(0, piece));
            octets.remove_prefix(std::min(piece, octets.size()));
            drain();
        }
    }
    void eof() {
        session.feed_eof();
        drain();
    }
    void drain() {
        while (!over) {
            auto step = session.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            if (auto* out = std::get_if<wire::Output>(&step)) {
                output += out->octets;
                ++outputs;
                continue;
            }
            describe(step);
        }
    }
    std::string take_output() { return std::exchange(output, {}); }

    ClientSession session;
    std::string output;
    std::size_t outputs = 0;
    std::vector<std::string> events;
    std::vector<std::string> bodies;
    std::optional<Error> error;
    bool over = false;

 private:
    void describe(ClientStep& step) {
        if (std::holds_alternative<wire::StartTls>(step)) {
            events.emplace_back("StartTls");
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            events.push_back("Failed " + kind_name(failed->error.kind));
            error = failed->error;
            over = true;
        } else if (std::holds_alternative<Ready>(step)) {
            events.emplace_back("Ready");
        } else if (auto* status = std::get_if<MaildropStatus>(&step)) {
            events.push_back("Stat " + std::to_string(status->messages) + " " + std::to_string(status->octets));
        } else if (auto* listing = std::get_if<Listing>(&step)) {
            std::string text = listing->is_uidl ? "Uidl" : "List";
            for (const ScanListing& entry : listing->entries) {
                text += " " + std::to_string(entry.number) + ":" +
                        (listing->is_uidl ? entry.uidl : std::to_string(entry.size));
            }
            events.push_back(text);
        } else if (auto* begin = std::get_if<MessageBegin>(&step)) {
            events.push_back("Begin " + std::to_string(begin->number));
            bodies.emplace_back();
        } else if (auto* data = std::get_if<MessageData>(&step)) {
            bodies.back() += data->octets;
        } else if (auto* end = std::get_if<MessageEnd>(&step)) {
            events.push_back("End " + std::to_string(end->number));
        } else if (auto* deleted = std::get_if<Deleted>(&step)) {
            events.push_back("Deleted " + std::to_string(deleted->number));
        } else if (auto* refused = std::get_if<Refused>(&step)) {
            static constexpr const char* kCommands[] = {"stat", "list", "uidl", "retr", "top", "dele"};
            events.push_back("Refused " + std::string(kCommands[static_cast<std::size_t>(refused->command)]) +
                             " " + std::to_string(refused->number) + " " + kind_name(refused->error.kind));
            error = refused->error;
        } else if (std::holds_alternative<Closed>(step)) {
            events.emplace_back("Closed");
            over = true;
        }
    }
};

// A server with a maildrop in memory; the user is alice, the password secret.
class ServerDriver {
 public:
    explicit ServerDriver(ServerOptions options, std::vector<std::string> given = {})
        : timestamp(options.apop_timestamp), session(std::move(options)), messages(std::move(given)) {}

    void feed(std::string_view octets, std::size_t piece = std::string_view::npos) {
        while (!octets.empty()) {
            session.feed(octets.substr(0, piece));
            octets.remove_prefix(std::min(piece, octets.size()));
            drain();
        }
    }
    void eof() {
        session.feed_eof();
        drain();
    }
    void drain();
    std::string take_output() { return std::exchange(output, {}); }

    std::string timestamp;
    ServerSession session;
    std::vector<std::string> messages;
    std::size_t message_piece = 7;  // octets given to message_data() at a time
    std::string output;
    std::vector<std::string> events;
    std::vector<std::size_t> deleted;
    std::optional<Error> error;
    bool committed = false;
    bool commit_fails = false;
    bool answer = true;  // else the caller of the test answers
    std::optional<LoginFailure> refusal;
    std::string message_failure;
    std::size_t fail_after = 0;
    bool over = false;

 private:
    void on_login(const sasl::ServerRequest& login);
    void on_message(const MessageRequested& request);
};

}  // namespace mailpipe::pop3::test
