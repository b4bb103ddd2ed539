#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mailpipe/imap/server/session.hpp"

namespace mailpipe::imap::server::test {

inline Options loopback_options() {
    Options options;
    options.host_name = "imap.example.org";
    options.login_without_tls = true;
    return options;
}

// Answers as a server would whose only user is alice with the password secret; SELECT selects.
class Driver {
 public:
    explicit Driver(Options options = loopback_options()) : session(std::move(options)) { drain(); }

    void feed(std::string_view octets, std::size_t piece = std::string_view::npos) {
        while (!octets.empty()) {
            session.feed(octets.substr(0, piece));
            octets.remove_prefix(std::min(piece, octets.size()));
            drain();
        }
    }
    // What the server says to that.
    std::string talk(std::string_view octets) {
        output.clear();
        events.clear();
        feed(octets);
        return std::exchange(output, {});
    }
    void login() { talk("L LOGIN alice secret\r\n"); }
    void select() {
        login();
        talk("L SELECT INBOX\r\n");
    }

    void drain() {
        while (!over) {
            auto step = session.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            std::visit([this](auto& event) { on(event); }, step);
        }
    }

    Session session;
    std::string output;
    std::vector<std::string> events;
    std::vector<Command> commands;
    std::string appended;
    std::string refuse_at;  // the event that is refused: "literal"...
    std::string code;       // with it
    std::function<void(const Command&)> on_command;
    bool over = false;

 private:
    void on(const wire::NeedInput&) {}
    void on(const wire::Output& step) { output += step.octets; }
    void on(const wire::StartTls&) { events.emplace_back("tls"); }
    void on(const wire::Failed& step) {
        events.push_back("failed " + step.error.message);
        over = true;
    }
    void on(const LoginRequested& step) {
        events.push_back("login " + step.request.user);
        const bool right = step.request.user == "alice" && step.request.password.reveal() == "secret";
        right ? session.login_accepted(step.request.user) : session.login_refused(LoginFailure::credentials);
    }
    void on(const CommandRequested& step) {
        events.push_back("command " + std::to_string(step.command.index()));
        commands.push_back(step.command);
        if (on_command) return on_command(step.command);
        if (std::holds_alternative<Select>(step.command)) session.selected(true);
        if (std::holds_alternative<Close>(step.command) || std::holds_alternative<Unselect>(step.command))
            session.selected(false);
        session.complete(Completion::ok, "", "Completed");
    }
    void answer(std::string name, std::string text = "") {
        const bool refused = name == refuse_at;
        events.push_back(name + text);
        refused ? session.complete(Completion::no, code, "Refused") : session.go_on();
    }
    void on(const AppendBegan& step) {
        answer("append",
               " " + step.mailbox +
                   (step.replaces ? (step.replaces_uid ? " uid " : " ") + std::to_string(*step.replaces) : ""));
    }
    void on(const AppendMessage& step) {
        std::string text;
        for (const std::string& flag : step.flags)
            text += " " + flag;
        if (step.internal_date) text += " at " + std::to_string(*step.internal_date);
        answer("message", text);
    }
    void on(const AppendLiteral& step) {
        answer("literal",
               " " + std::to_string(step.size) + (step.binary ? " binary" : "") + (step.utf8 ? " utf8" : ""));
    }
    void on(const AppendOctets& step) { appended += step.octets; }
    void on(const AppendUrl& step) { answer("url", " " + step.url); }
    void on(const AppendMessageEnd&) { answer("end"); }
    void on(const AppendEnd&) {
        events.emplace_back("done");
        session.complete(Completion::ok, "APPENDUID 1 2", "Appended");
    }
    void on(const AppendAborted&) { events.emplace_back("aborted"); }
    void on(const IdleBegan&) { events.emplace_back("idle"); }
    void on(const IdleEnded&) {
        events.emplace_back("idle end");
        session.complete(Completion::ok, "", "Idle completed");
    }
    void on(const LoggedOff&) { events.emplace_back("logged off"); }
    void on(const PeerQuit&) {
        events.emplace_back("quit");
        over = true;
    }
};

}  // namespace mailpipe::imap::server::test
