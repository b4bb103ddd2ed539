#include <algorithm>
#include <array>

#include "mailpipe/app/serve/test/line_tap.hpp"
#include "mailpipe/app/serve/test/named_user.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app::serve {
namespace {

// More than any session takes for a line: it says what it thinks of it.
constexpr std::size_t kLongLine = 100'000;

struct Words {
    std::string verb;  // upper case
    std::string argument;
};

Words words_of(std::string_view line) {
    line = ascii::trim(line);
    const std::size_t space = std::min(line.find(' '), line.size());
    return {ascii::to_upper(line.substr(0, space)), std::string(ascii::trim(line.substr(space)))};
}

// The command with what is secret in it as "***".
std::string without_secret(std::string_view verb, std::string_view line) {
    std::size_t shown = std::string_view::npos;
    if (verb == "PASS") shown = line.find(' ');
    if (verb == "AUTH" || verb == "APOP") shown = line.find(' ', std::min<std::size_t>(5, line.size()));
    if (shown == std::string_view::npos) return std::string(line);
    return std::string(line.substr(0, shown)) + " ***\r\n";
}

// Of "FROM:<a@b> SIZE=3": "a@b".
std::string path_of(std::string_view argument) {
    const std::size_t begin = argument.find('<');
    if (begin == std::string_view::npos) return {};
    bool quoted = false;
    for (std::size_t at = begin + 1; at < argument.size(); ++at) {
        if (argument[at] == '\\' && quoted) {
            ++at;
        } else if (argument[at] == '"') {
            quoted = !quoted;
        } else if (argument[at] == '>' && !quoted) {
            return std::string(argument.substr(begin + 1, at - begin - 1));
        }
    }
    return {};
}

std::uint64_t declared_size(std::string_view argument) {
    for (const std::string_view word : ascii::split_words(argument)) {
        if (ascii::starts_with_ignore_case(word, "SIZE="))
            return ascii::parse_number(word.substr(5)).value_or(0);
    }
    return 0;
}

}  // namespace

std::optional<Tap::Step> LineTap::take() {
    if (mode_ == Mode::body) return take_body();
    return mode_ == Mode::chunk || mode_ == Mode::skipped_chunk ? take_chunk() : take_line();
}

std::optional<Tap::Step> LineTap::take_line() {
    const std::size_t at = input_.find('\n');
    if (at == std::string::npos) {
        if (input_.size() < kLongLine) return std::nullopt;
        return piece(input_.size());
    }
    std::string line = piece(at + 1).octets;
    return mode_ == Mode::auth ? on_auth_response(std::move(line)) : on_command(std::move(line));
}

std::optional<Tap::Step> LineTap::take_body() {
    if (input_.empty()) return std::nullopt;
    const std::size_t most = body_allowance();
    const std::size_t size = mode_ == Mode::body
                                 ? data_end_.take(std::string_view(input_).substr(0, most))
                                 : static_cast<std::size_t>(std::min<std::uint64_t>(most, chunk_left_));
    Step step = body_piece(size);
    if (mode_ == Mode::body && data_end_.ended() && !closing_) {
        mode_ = Mode::commands;
        pending_ = {};
        pending_.ends_message = true;
        body_fault_ = fault_ = nullptr;
        reply_octets_ = 0;
        edit_.begin(".", "", nullptr);
    }
    return step;
}

std::optional<Tap::Step> LineTap::take_chunk() {
    if (chunk_left_ == 0) {
        mode_ = Mode::commands;
        return take_line();
    }
    if (input_.empty()) return std::nullopt;
    if (mode_ == Mode::chunk) {
        const std::uint64_t before = here_.size;
        auto step = take_body();
        chunk_left_ -= here_.size - before;
        return step;
    }
    chunk_left_ -=
        piece(static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), chunk_left_))).octets.size();
    return take_chunk();
}

// bdat-cmd = "BDAT" SP chunk-size [SP "LAST"] (RFC 3030 section 2): whatever becomes of the command, the chunk follows.
void LineTap::begin_chunk(std::string_view argument, bool passed) {
    const auto words = ascii::split_words(argument);
    chunk_left_ = words.empty() ? 0 : ascii::parse_number(words[0]).value_or(0);
    mode_ = passed ? Mode::chunk : Mode::skipped_chunk;
    if (!passed) return;
    pending_.ends_message = words.size() == 2 && ascii::equals_ignore_case(words[1], "LAST");
    if (!chunking_) body_begins();
    chunking_ = !pending_.ends_message;
}

void LineTap::note_command(std::string_view verb, std::string_view argument) {
    here_.message = 0;
    if (is_smtp()) {
        if (verb == "MAIL") {
            pending_.sender = path_of(argument);
            here_.from = pending_.sender;
            here_.has_from = true;
            here_.size = declared_size(argument);
            chunking_ = false;
        } else if (verb == "RCPT") {
            pending_.recipient = path_of(argument);
        }
        return;
    }
    const auto words = ascii::split_words(argument);
    if (verb == "USER") here_.user = argument;
    if (verb == "APOP" && !words.empty()) here_.user = words[0];
    if (!words.empty()) here_.message = ascii::parse_number(words[0]).value_or(0);
}

Tap::Step LineTap::refuse(std::string reply) {
    return logged({{}, std::move(reply) + "\r\n", 0, Then::go_on});
}

Tap::Step LineTap::on_command(std::string line) {
    const auto [verb, argument] = words_of(line);
    log_client(without_secret(verb, line));
    pending_ = {};
    pending_.verb = verb;
    fault_ = nullptr;
    reply_octets_ = 0;
    if (closed_to_service_ && verb != "QUIT") return refuse("503 5.5.1 No service here");
    if (auto reply = options_.mask->refusal(options_.protocol, verb, argument)) {
        if (verb == "BDAT") begin_chunk(argument, false);
        return refuse(std::move(*reply));
    }
    const std::vector<std::string> recipients = here_.to;
    note_command(verb, argument);
    if (verb == "RCPT" && is_smtp()) here_.to = {pending_.recipient};
    if (verb == "AUTH") {
        const auto words = ascii::split_words(argument);
        mechanism_ = words.empty() ? "" : ascii::to_upper(words[0]);
        here_.user.clear();
        user_asked_ = false;
        if (words.size() > 1) note_user(words[1]);
    }
    const Fault* fault = fire(ascii::to_lower(verb), true);
    here_.to = recipients;
    user_asked_ = !here_.user.empty();
    edit_.begin(verb, argument, fault);
    if (fault != nullptr) return act(*fault, std::move(line));
    if (verb == "BDAT") begin_chunk(argument, true);
    return pass(std::move(line));
}

Tap::Step LineTap::act(const Fault& fault, std::string line) {
    const auto [verb, argument] = words_of(line);
    fault_ = &fault;
    if (verb == "BDAT") begin_chunk(argument, !fault.replaces_command());
    if (fault.replaces_command()) {
        Effect effect = acted(fault, "");
        if (verb == "QUIT" && effect.then == Then::go_on) effect.then = Then::close;
        return logged(std::move(effect));
    }
    if (fault.delay.count() == 0) return pass(std::move(line));
    steps_.push_front(pass(std::move(line)));
    return Effect{fault.delay};
}

// What stands behind the command that asks for TLS goes with it, so that the session sees and refuses it (Dovecot
// CVE-2021-33515).
Tap::Step LineTap::pass(std::string octets) {
    const std::string verb = pending_.verb;
    if (verb == "STARTTLS" || verb == "STLS") octets += piece(input_.size()).octets;
    return ToSession{std::move(octets)};
}

void LineTap::note_user(std::string_view encoded) {
    const auto message = decode_base64(ascii::trim(encoded));
    if (message) here_.user = named_user(mechanism_, *message);
}

// A fault with user= at "auth" waits until the user is named.
Tap::Step LineTap::on_auth_response(std::string line) {
    log_client("***\r\n");
    pending_.answered = false;
    if (user_asked_) return pass(std::move(line));
    note_user(line);
    if (here_.user.empty()) return pass(std::move(line));
    user_asked_ = true;
    here_.user_only = true;
    const Fault* fault = fire("auth");
    here_.user_only = false;
    if (fault == nullptr) return pass(std::move(line));
    if (!fault->replaces_command()) return act(*fault, std::move(line));
    cancelling_ = true;
    mode_ = Mode::commands;
    steps_.emplace_back(ToSession{"*\r\n"});
    return logged(acted(*fault, ""));
}

}  // namespace mailpipe::app::serve
