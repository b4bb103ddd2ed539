#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/test/imap_tap.hpp"
#include "mailpipe/app/serve/test/named_user.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/imap/server/command_framer.hpp"

namespace mailpipe::app::serve {
namespace {

// More than any session takes for a line: it says what it thinks of it.
constexpr std::size_t kLongLine = 100'000;
// A longer name is none that a condition is for.
constexpr std::uint64_t kLongName = 1000;
// No command goes on like this.
constexpr std::string_view kNonsense = " \x01\r\n";

std::string_view without_end(std::string_view line) {
    return line.substr(0, line.size() - 2);
}

}  // namespace

std::optional<Tap::Step> ImapTap::take() {
    if (mode_ == Mode::literal || mode_ == Mode::dropped_literal) return take_literal();
    return take_line();
}

std::optional<Tap::Step> ImapTap::take_line() {
    const std::size_t at = input_.find('\n');
    if (at == std::string::npos && input_.size() < kLongLine) return std::nullopt;
    std::string line = piece(at == std::string::npos ? input_.size() : at + 1).octets;
    // The session says what it thinks of a LF alone as well; what follows is of the same line.
    const bool whole = line.ends_with("\r\n");
    if (std::exchange(broken_line_, !whole) || !whole) {
        log_client(line);
        return ToSession{std::move(line)};
    }
    return on_line(std::move(line));
}

Tap::Step ImapTap::on_line(std::string line) {
    switch (mode_) {
        case Mode::auth:
            return on_auth_response(std::move(line));
        case Mode::idle:
            return on_done(std::move(line));
        case Mode::dropped_rest:
            log_line(line);
            expect(line, Mode::dropped_literal, Mode::command);
            return Effect{};
        case Mode::rest:
            return on_rest(std::move(line));
        default:
            return on_command(std::move(line));
    }
}

// What comes behind a line of a command: the literal that it announces, or what comes without one.
void ImapTap::expect(std::string_view line, Mode literal, Mode rest) {
    const auto marker = imap::server::literal_marker(without_end(line));
    const bool drops = literal == Mode::dropped_literal;
    mode_ = rest;
    asks_ = false;
    // Nobody sends the literal of a refused command that was not asked for.
    if (!marker || (drops && marker->synchronizing)) return;
    mode_ = literal;
    literal_left_ = marker->size;
    asks_ = marker->synchronizing;
    if (!drops && !asks_ && is_append(pending_.is.verb) && !takes_name_ &&
        !std::exchange(pending_.body_begun, true))
        body_begins();
}

std::optional<Tap::Step> ImapTap::take_literal() {
    if (takes_name_) return take_name();
    const bool drops = mode_ == Mode::dropped_literal;
    if (literal_left_ == 0) {
        mode_ = drops ? Mode::dropped_rest : Mode::rest;
        return take_line();
    }
    if (input_.empty()) return std::nullopt;
    const bool is_body = !drops && is_append(pending_.is.verb);
    const std::size_t most = is_body ? body_allowance() : input_.size();
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(most, literal_left_));
    literal_left_ -= size;
    if (is_body) return body_piece(size);
    ToSession part = piece(size);
    const bool secret = pending_.is.verb == "LOGIN";
    if (!secret || literal_left_ == 0) log_client(secret ? "***" : part.octets);
    if (drops) return Effect{};
    return part;
}

std::optional<Tap::Step> ImapTap::take_name() {
    if (input_.size() < literal_left_) return std::nullopt;
    std::string name = piece(static_cast<std::size_t>(literal_left_)).octets;
    takes_name_ = false;
    literal_left_ = 0;
    mode_ = Mode::rest;
    log_client(name);
    pending_.is.name = name;
    return reach(std::move(name));
}

// A password stands behind the name of LOGIN, and behind the mechanism of AUTHENTICATE.
void ImapTap::log_line(std::string_view line) {
    const ImapCommand& command = pending_.is;
    std::size_t shown = line.size();
    if (command.verb == "LOGIN" && mode_ != Mode::command) shown = 0;
    if (command.verb == "LOGIN" && mode_ == Mode::command && !command.name_follows) shown = command.name_end;
    if (command.verb == "AUTHENTICATE") {
        for (std::size_t words = 0, at = 0; words < 3; ++words, ++at) {
            shown = std::min(line.find(' ', at), line.size());
            at = shown;
        }
    }
    const bool all = shown >= line.size() || (shown > 0 && line.substr(shown) == "\r\n");
    if (all) return log_client(line);
    const bool hides = without_end(line).size() > shown;
    log_client(std::string(line.substr(0, shown)) + (hides ? " ***\r\n" : "\r\n"));
}

Tap::Step ImapTap::on_command(std::string line) {
    pending_ = {};
    pending_.is = parse_imap_command(without_end(line));
    log_line(line);
    begin_reply(nullptr);
    const auto marker = imap::server::literal_marker(without_end(line));
    takes_name_ = pending_.is.name_follows && marker && marker->size > 0 && marker->size <= kLongName;
    if (takes_name_) return pass(std::move(line));
    return reach(std::move(line));
}

// The point of a command, with its line, or with the literal that has its name.
Tap::Step ImapTap::reach(std::string octets) {
    const std::string& verb = pending_.is.verb;
    const std::string& name = pending_.is.name;
    const bool logs_in = verb == "LOGIN" || verb == "AUTHENTICATE";
    here_.mailbox = logs_in || name.empty() ? selected_ : name;
    here_.size = 0;
    if (verb == "LOGIN") here_.user = name;
    if (verb == "AUTHENTICATE") {
        const auto words = ascii::split_words(octets);
        mechanism_ = words.size() < 3 ? "" : ascii::to_upper(words[2]);
        here_.user.clear();
        if (words.size() > 3) note_user(words[3]);
    }
    if (is_append(verb) && octets.ends_with("\r\n")) {
        const auto marker = imap::server::literal_marker(without_end(octets));
        if (marker) here_.size = marker->size;
    }
    const Fault* fault = fire(ascii::to_lower(verb), true);
    user_asked_ = !here_.user.empty();
    begin_reply(fault);
    if (fault == nullptr) return pass(std::move(octets));
    return act(*fault, std::move(octets));
}

void ImapTap::begin_reply(const Fault* fault) {
    fault_ = fault;
    reply_octets_ = 0;
    edit_.begin(pending_.is.tag, pending_.is.verb, fault);
}

Tap::Step ImapTap::act(const Fault& fault, std::string octets) {
    if (!fault.replaces_command()) {
        Step passed = pass(std::move(octets));
        if (fault.delay.count() == 0) return passed;
        steps_.push_front(std::move(passed));
        return Effect{fault.delay};
    }
    if (mode_ == Mode::rest) {
        mode_ = Mode::dropped_rest;
        return cancel(fault, std::string(octets.size(), '\0').append(kNonsense));
    }
    expect(octets, Mode::dropped_literal, Mode::command);
    Effect effect = acted(fault, "");
    if (pending_.is.verb == "LOGOUT" && effect.then == Then::go_on) effect.then = Then::close;
    begin_reply(nullptr);
    return logged(std::move(effect));
}

Tap::Step ImapTap::cancel(const Fault& fault, std::string octets) {
    cancelling_ = true;
    steps_.emplace_back(ToSession{std::move(octets)});
    Effect effect = logged(acted(fault, ""));
    begin_reply(nullptr);
    return effect;
}

// What stands behind the command that asks for TLS goes with it, so that the session sees and refuses it (Dovecot
// CVE-2021-33515).
Tap::Step ImapTap::pass(std::string octets) {
    if (mode_ == Mode::command) expect(octets, Mode::literal, Mode::command);
    if (pending_.is.verb == "STARTTLS") octets += piece(input_.size()).octets;
    return ToSession{std::move(octets)};
}

Tap::Step ImapTap::on_rest(std::string line) {
    log_line(line);
    const bool goes_on = imap::server::literal_marker(without_end(line)).has_value();
    if (!goes_on && pending_.body_begun && !pending_.completed) return on_end(std::move(line));
    expect(line, Mode::literal, Mode::command);
    return ToSession{std::move(line)};
}

// The session hears of the end of a message that is not to be stored as of a broken command.
Tap::Step ImapTap::on_end(std::string line) {
    mode_ = Mode::command;
    body_fault_ = nullptr;
    const Fault* fault = fire("end");
    if (fault == nullptr) return ToSession{std::move(line)};
    const bool kept = fault->reply && fault->reply->starts_with("OK");
    if (fault->replaces_command() && !kept) return cancel(*fault, std::string(kNonsense));
    begin_reply(fault);
    if (kept) edit_.set_result(*fault->reply);
    if (kept && then_of(*fault) != Then::go_on) pending_.ends = then_of(*fault);
    if (fault->delay.count() == 0) return ToSession{std::move(line)};
    steps_.emplace_back(ToSession{std::move(line)});
    return Effect{fault->delay};
}

void ImapTap::note_user(std::string_view encoded) {
    const auto message = decode_base64(ascii::trim(encoded));
    if (message) here_.user = named_user(mechanism_, *message);
}

// A fault with user= at "authenticate" waits until the user is named.
Tap::Step ImapTap::on_auth_response(std::string line) {
    log_client("***\r\n");
    if (!user_asked_) note_user(line);
    if (user_asked_ || here_.user.empty()) return ToSession{std::move(line)};
    user_asked_ = true;
    here_.user_only = true;
    const Fault* fault = fire("authenticate");
    here_.user_only = false;
    if (fault == nullptr) return ToSession{std::move(line)};
    if (fault->replaces_command()) {
        mode_ = Mode::command;
        return cancel(*fault, "*\r\n");
    }
    begin_reply(fault);
    if (fault->delay.count() == 0) return ToSession{std::move(line)};
    steps_.emplace_back(ToSession{std::move(line)});
    return Effect{fault->delay};
}

Tap::Step ImapTap::on_done(std::string line) {
    log_client(line);
    mode_ = Mode::command;
    const Fault* fault = fire("done");
    if (fault == nullptr) return ToSession{std::move(line)};
    if (fault->replaces_command()) return cancel(*fault, std::move(line));
    begin_reply(fault);
    if (fault->delay.count() == 0) return ToSession{std::move(line)};
    steps_.emplace_back(ToSession{std::move(line)});
    return Effect{fault->delay};
}

}  // namespace mailpipe::app::serve
