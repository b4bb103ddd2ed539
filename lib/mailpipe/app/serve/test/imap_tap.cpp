#include "mailpipe/app/serve/test/imap_tap.hpp"

#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

// Of "A1 OK done": "OK".
std::string_view status_of(std::string_view line) {
    const auto words = ascii::split_words(line);
    return words.size() < 2 ? std::string_view() : words[1];
}

bool begins_with_status(std::string_view line) {
    const std::string_view word = line.substr(0, line.find_first_of(" \r"));
    return word == "OK" || word == "NO" || word == "BAD";
}

}  // namespace

// Who writes a fault does not know the tag.
std::string ImapTap::worded(const Fault& fault) const {
    std::string out = fault.unsolicited.value_or("");
    std::string_view rest = *fault.reply;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
        if (begins_with_status(line)) out += pending_.is.tag + ' ';
        out += line;
        rest.remove_prefix(line.size());
    }
    return out;
}

bool ImapTap::is_farewell(std::string_view reply) const {
    return reply.starts_with("* BYE") || reply.find("\r\n* BYE") != std::string_view::npos;
}

Tap::Effect ImapTap::greet(std::string octets) {
    fault_ = fire("greeting");
    Effect effect = fault_ == nullptr ? shaped(std::move(octets)) : acted(*fault_, std::move(octets));
    fault_ = nullptr;
    return effect;
}

Tap::Effect ImapTap::sent(std::string octets) {
    if (closing_) return {};
    responses_.feed(octets);
    Effect effect;
    while (effect.then == Then::go_on) {
        auto segment = responses_.next();
        if (!segment) break;
        const auto kind = ImapReplyEdit::kind_of(segment->octets);
        const bool continuation = segment->first && kind == ImapReplyEdit::Kind::continuation;
        const bool tagged = segment->first && kind == ImapReplyEdit::Kind::tagged;
        if (!std::exchange(greeted_, true)) {
            effect = greet(std::move(segment->octets));
            continue;
        }
        if (cancelling_) {
            cancelling_ = !tagged;
            continue;
        }
        if (continuation) on_continuation();
        if (tagged && !on_tagged(segment->octets, effect)) break;
        std::string edited = edit_.edit(*segment);
        // Where a reply is cut or garbled is counted without what only asks the peer to go on.
        Effect part = continuation ? Effect{{}, std::move(edited)} : shaped(std::move(edited));
        effect.octets += part.octets;
        effect.rate = std::max(effect.rate, part.rate);
        effect.then = part.then;
        if (edit_.ended() && effect.then == Then::go_on) effect.then = end_of(*fault_);
        if (!tagged) continue;
        if (pending_.ends && effect.then == Then::go_on) effect.then = *pending_.ends;
        begin_reply(nullptr);
    }
    return logged(std::move(effect));
}

void ImapTap::on_continuation() {
    if (mode_ == Mode::command && pending_.is.verb == "AUTHENTICATE") mode_ = Mode::auth;
    if (mode_ == Mode::command && pending_.is.verb == "IDLE") mode_ = Mode::idle;
    if (!std::exchange(asks_, false)) return;
    if (is_append(pending_.is.verb) && !takes_name_ && !std::exchange(pending_.body_begun, true)) body_begins();
}

bool ImapTap::on_tagged(std::string_view line, Effect& effect) {
    if (mode_ == Mode::auth || mode_ == Mode::idle || asks_) mode_ = Mode::command;
    asks_ = takes_name_ = false;
    pending_.completed = true;
    follow(line);
    if (fault_ != nullptr || !pending_.body_begun || status_of(line) != "OK") return true;
    const Fault* fault = fire("stored");
    if (fault == nullptr) return true;
    begin_reply(fault);
    effect.delay = fault->delay;
    if (fault->replaces_command()) effect.then = then_of(*fault);
    return effect.then == Then::go_on;
}

// What the session's answer means for what comes next.
void ImapTap::follow(std::string_view line) {
    const std::string& verb = pending_.is.verb;
    const bool done = status_of(line) == "OK";
    if (verb == "SELECT" || verb == "EXAMINE") {
        selected_ = done ? pending_.is.name : "";
    } else if (done && (verb == "CLOSE" || verb == "UNSELECT")) {
        selected_.clear();
    } else if (done && verb == "UNAUTHENTICATE") {
        selected_.clear();
        here_.user.clear();
    }
}

}  // namespace mailpipe::app::serve
