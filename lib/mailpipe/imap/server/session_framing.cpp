#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/limits.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {
namespace {

// tag = 1*<any ASTRING-CHAR except "+">
bool is_tag(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("(){%*\"\\+").find(c) == std::string_view::npos;
    });
}

bool has_line_end_or_nul(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find(' '));
}

}  // namespace

void Session::Impl::on_step(const CommandFramer::Step& step) {
    switch (step.status) {
        case CommandFramer::Status::need_input:
            break;
        case CommandFramer::Status::bare_lf:
            line("* BAD Bare LF: lines end in CRLF");
            break;
        case CommandFramer::Status::line:
            if (reading == Reading::auth) return auth_line(step.line);
            if (reading == Reading::idle) return idle_line(step.line);
            on_line(step.line);
            break;
        case CommandFramer::Status::too_long:
            if (reading == Reading::idle) return idle_line(step.line);
            mechanism.reset();
            reading = Reading::command;
            if (!in_command) tag = is_tag(first_word(step.line)) ? first_word(step.line) : "*";
            in_command = true;
            abort_append();
            refuse(Refusal{Completion::bad, "TOOBIG", "Line is too long"}, std::nullopt);
            // What a command is and what a literal can no longer be told apart.
            if (step.ends_in_literal)
                say_bye("", "Line is too long",
                        Error{Errc::limit, "the client sent a line longer than kCommandLine"});
            break;
    }
}

void Session::Impl::on_line(std::string_view text) {
    const auto marker = literal_marker(text);
    if (refused) {
        trace_client("[" + std::to_string(text.size()) + " octets of a refused command]");
        if (marker) return drop_literal(*marker);
        return refuse(std::move(*refused), std::nullopt);
    }
    if (!in_command) begin_command(text);
    if (reading == Reading::over) return;
    trace_client(secret ? std::string(command.text.empty() ? text.substr(0, arguments) : "") + " ***"
                        : std::string(text));
    if (has_line_end_or_nul(text)) refused = Refusal{Completion::bad, "", "CR, LF or NUL in a command"};
    if (refused) {
        abort_append();
        return refuse(std::move(*refused), marker);
    }
    command_octets += text.size();
    const std::size_t limit =
        state == State::not_authenticated ? limits::kCommandLineBeforeLogin : limits::kCommandLine;
    if (command_octets > limit) {
        abort_append();
        return refuse(Refusal{Completion::bad, "TOOBIG", "Command is too long"}, marker);
    }
    continue_command(text, marker);
}

// command = tag SP name ...: what it is, and whether it may be here at all. Nothing is asked for that is refused anyway.
void Session::Impl::begin_command(std::string_view text) {
    in_command = true;
    tag = first_word(text);
    if (!is_tag(tag)) {
        tag = "*";
        refused = Refusal{Completion::bad, "", "Tag expected"};
        return;
    }
    if (state == State::not_authenticated && ++commands_before_login > limits::kCommandsBeforeLogin) {
        return say_bye("", "Too many commands before login",
                       Error{Errc::limit, "more commands before login than kCommandsBeforeLogin (" +
                                              std::to_string(limits::kCommandsBeforeLogin) + ")"});
    }
    arguments = std::min(tag.size() + 1, text.size());
    std::string name = ascii::to_upper(first_word(text.substr(arguments)));
    arguments += name.size();
    is_uid = name == "UID" && arguments < text.size();
    if (is_uid) {
        name = ascii::to_upper(first_word(text.substr(arguments + 1)));
        arguments += 1 + name.size();
    }
    entry = find_command(name);
    const bool offered = entry != nullptr &&
                         (entry->capability.empty() || context().offers(entry->capability)) &&
                         (!is_uid || entry->uid);
    if (!offered) {
        refused = Refusal{Completion::bad, "", "Command is not known"};
    } else if ((entry->states & (1U << static_cast<unsigned>(state))) == 0) {
        refused = Refusal{Completion::bad, "", "Command is not for this state"};
    } else if (name == "LOGIN" || name == "AUTHENTICATE") {
        secret = true;
        if (!login_possible(options)) {
            refused = Refusal{Completion::no, "PRIVACYREQUIRED", "Login is possible under TLS only"};
        }
    } else if (name == "APPEND" || name == "REPLACE") {
        append.emplace(name == "REPLACE", is_uid);
    }
}

void Session::Impl::continue_command(std::string_view text, const std::optional<LiteralMarker>& marker) {
    command.text += text;
    if (append) return append_line(marker);
    if (marker) return accept_literal(*marker);
    run_command();
}

void Session::Impl::run_command() {
    CommandReader in(command, arguments, utf8());
    if (entry->handle != nullptr) return (this->*entry->handle)(in);
    auto parsed = entry->parse(in, context());
    if (!parsed) return refuse(parsed.error(), std::nullopt);
    bad_commands = 0;
    awaiting = Awaiting::command;
    events.emplace_back(CommandRequested{std::move(*parsed)});
}

std::optional<Session::Impl::Refusal> Session::Impl::judge_literal(const LiteralMarker& marker) const {
    const std::size_t most = state == State::not_authenticated ? kLiteralOctetsBeforeLogin : kLiteralOctets;
    if (literals == kLiterals) return Refusal{Completion::bad, "TOOBIG", "Too many literals"};
    if (marker.size > most - std::min(literal_octets, most))
        return Refusal{Completion::bad, "TOOBIG", "Literal is too large"};
    return std::nullopt;
}

// LITERAL- allows small ones only (RFC 7888 section 5).
std::optional<Session::Impl::Refusal> Session::Impl::judge_unasked(const LiteralMarker& marker) const {
    if (marker.synchronizing || context().offers("LITERAL+")) return std::nullopt;
    if (context().offers("LITERAL-") && marker.size <= kLiteralMinus) return std::nullopt;
    return Refusal{Completion::bad, "TOOBIG", "Literal must wait for a continuation request"};
}

// A string of the command, which is held.
void Session::Impl::accept_literal(const LiteralMarker& marker) {
    auto refusal = judge_literal(marker);
    if (!refusal) refusal = judge_unasked(marker);
    if (refusal) {
        abort_append();
        return refuse(std::move(*refusal), marker);
    }
    if (marker.synchronizing) line("+ Ready for the literal");
    ++literals;
    literal_octets += static_cast<std::size_t>(marker.size);
    command.literals.push_back({command.text.size(), marker.length, {}, marker.binary});
    literal_left = marker.size;
    reading = Reading::literal;
}

void Session::Impl::take_literal() {
    const std::string_view octets = framer.next_octets(input, literal_left);
    literal_left -= octets.size();
    command.literals.back().octets += octets;
    if (literal_left > 0) return;
    reading = Reading::command;
    if (secret) return;
    trace_client("[" + std::to_string(command.literals.back().octets.size()) + " octets]");
}

void Session::Impl::take_dropped() {
    literal_left -= framer.next_octets(input, literal_left).size();
    if (literal_left == 0) reading = Reading::command;
}

// Ends the command, at once when the client waits, else behind what it has sent of it already.
void Session::Impl::refuse(Refusal refusal, const std::optional<LiteralMarker>& marker) {
    refused = std::move(refusal);
    if (marker) return drop_literal(*marker);
    const Refusal said = std::move(*refused);
    tagged(said.completion, said.code, said.text);
}

void Session::Impl::refuse(const Error& error, const std::optional<LiteralMarker>& marker) {
    const bool no = error.kind == Errc::unsupported || error.kind == Errc::not_found;
    // The offset in the message says where in the line, the text never what stood there: it may be a password.
    refuse(
        Refusal{no ? Completion::no : Completion::bad, error.reply ? error.reply->enhanced : "", error.message},
        marker);
}

void Session::Impl::drop_literal(const LiteralMarker& marker) {
    const std::uint64_t most =
        state == State::not_authenticated ? kSwallowedOctetsBeforeLogin : kSwallowedOctets;
    if (marker.synchronizing) {
        const Refusal said = std::move(*refused);
        return tagged(said.completion, said.code, said.text);
    }
    if (marker.size > most - dropped) {
        const Refusal said = std::move(*refused);
        tagged(said.completion, said.code, said.text);
        return say_bye("TOOBIG", "Too much of a refused command",
                       Error{Errc::limit, "the client sent more of a refused command than kSwallowedOctets"});
    }
    dropped += marker.size;
    literal_left = marker.size;
    reading = literal_left > 0 ? Reading::dropped : Reading::command;
    command.clear();
}

void Session::Impl::tagged(Completion completion, std::string_view code, std::string_view text) {
    std::string out_line = tag;
    out_line += completion == Completion::ok ? " OK " : completion == Completion::no ? " NO " : " BAD ";
    if (!code.empty()) out_line += "[" + std::string(code) + "] ";
    // resp-text is never empty (RFC 9051 section 9), and a single line.
    out_line += text.empty() ? "Done" : terminal_text(text);
    line(out_line);
    end_command();
    if (completion != Completion::bad) {
        bad_commands = 0;
        return;
    }
    if (++bad_commands < limits::kHardErrors) return;
    say_bye(
        "", "Too many bad commands",
        Error{Errc::limit, "more bad commands than kHardErrors (" + std::to_string(limits::kHardErrors) + ")"});
}

void Session::Impl::end_command() {
    if (reading == Reading::over) return;
    reading = Reading::command;
    awaiting = Awaiting::nothing;
    in_command = false;
    secret = false;
    entry = nullptr;
    is_uid = false;
    command.clear();
    arguments = 0;
    command_octets = 0;
    literal_octets = 0;
    literals = 0;
    refused.reset();
    dropped = 0;
    mechanism.reset();
    auth_lost = false;
    idle_bad = false;
    append.reset();
    append_events.clear();
    append_next = 0;
    append_told = false;
}

ParseContext Session::Impl::context() const {
    return ParseContext{options, is_uid, state == State::selected, rev2, qresync, uid_only, utf8_enabled};
}

}  // namespace mailpipe::imap::server
