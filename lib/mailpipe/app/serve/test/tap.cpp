#include "mailpipe/app/serve/test/tap.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::app::serve {
namespace {

// A TLS alert: fatal, handshake_failure (RFC 8446 section 6).
constexpr std::string_view kHandshakeFailure("\x15\x03\x03\x00\x02\x02\x28", 7);

Tap::Then then_of(const Fault& fault) {
    if (fault.cut_after) return Tap::Then::go_on;
    return fault.hang    ? Tap::Then::hang
           : fault.reset ? Tap::Then::reset
           : fault.drop  ? Tap::Then::close
                         : Tap::Then::go_on;
}

// Printable, and the same each time.
char garble(char c, std::uint64_t position) {
    if (c == '\r' || c == '\n') return c;
    return static_cast<char>('!' + (static_cast<unsigned char>(c) * 7U + position * 13U) % 94U);
}

// The first reply of several, with its last line.
std::string_view first_reply(std::string_view octets) {
    std::size_t at = 0;
    while (true) {
        const std::size_t end = octets.find("\r\n", at);
        if (end == std::string_view::npos) return octets;
        if (end < at + 4 || octets[at + 3] != '-') return octets.substr(0, end + 2);
        at = end + 2;
    }
}

}  // namespace

Tap::Tap(Options options) : options_(std::move(options)), edit_(options_.protocol, *options_.mask) {
    here_.protocol = options_.protocol;
    here_.connection = options_.connection;
    if (!options_.log.empty()) log_.note(options_.log);
}

const Fault* Tap::fire(std::string point, bool is_command) {
    here_.point = std::move(point);
    here_.is_command = is_command;
    std::uint64_t count = 0;
    const Fault* fault = options_.faults->fire(here_, &count);
    if (fault == nullptr) return nullptr;
    Json event = make_event("fault");
    event["connection"] = options_.connection;
    event["fault"] = fault->text;
    event["protocol"] = protocol_name(here_.protocol);
    event["point"] = here_.point;
    event["count"] = count;
    if (!here_.user.empty()) event["user"] = here_.user;
    if (here_.has_from) event["from"] = here_.from;
    if (!here_.to.empty()) event["to"] = here_.to;
    options_.tell(std::move(event));
    return fault;
}

Tap::Effect Tap::logged(Effect effect) {
    if (!options_.log.empty()) log_.server_octets(effect.octets);
    closing_ = closing_ || effect.then != Then::go_on;
    return effect;
}

Tap::Effect Tap::shaped(std::string octets) {
    Effect effect;
    if (fault_ != nullptr) {
        if (fault_->garble) {
            for (std::size_t i = 0; i < octets.size(); ++i) {
                if (reply_octets_ + i >= *fault_->garble) octets[i] = garble(octets[i], reply_octets_ + i);
            }
        }
        if (fault_->cut_after && reply_octets_ + octets.size() >= *fault_->cut_after) {
            octets.resize(*fault_->cut_after - reply_octets_);
            effect.then = fault_->hang ? Then::hang : fault_->reset ? Then::reset : Then::close;
        }
        effect.rate = fault_->throttle.value_or(0);
    }
    reply_octets_ += octets.size();
    effect.octets = std::move(octets);
    return effect;
}

Tap::Effect Tap::acted(const Fault& fault, std::string octets) {
    fault_ = &fault;
    reply_octets_ = 0;
    const Then then = then_of(fault);
    if (fault.reply) octets = *fault.reply;
    if (!fault.reply && then != Then::go_on) octets.clear();
    Effect effect = shaped(std::move(octets));
    effect.delay = fault.delay;
    if (then != Then::go_on) effect.then = then;
    // RFC 5321 section 3.8: the channel is closed with a 421.
    if (is_smtp() && effect.octets.starts_with("421") && effect.then == Then::go_on) effect.then = Then::close;
    return effect;
}

Tap::Effect Tap::connected() {
    const Fault* fault = fire("connect");
    return fault == nullptr ? Effect{} : logged(acted(*fault, ""));
}

Tap::Effect Tap::greet(std::string octets) {
    edit_.begin("", "", nullptr);
    octets = edit_.edit(std::move(octets));
    fault_ = fire("greeting");
    if (fault_ == nullptr) return logged(shaped(std::move(octets)));
    Effect effect = acted(*fault_, std::move(octets));
    closed_to_service_ = is_smtp() && fault_->reply && !fault_->reply->starts_with('2');
    if (!is_smtp() && fault_->reply && fault_->reply->starts_with("-ERR") && effect.then == Then::go_on)
        effect.then = Then::close;
    return logged(std::move(effect));
}

Tap::Handshake Tap::tls_begins() {
    Handshake handshake;
    const Fault* fault = fire("tls");
    if (fault == nullptr) return handshake;
    handshake.effect = acted(*fault, "");
    handshake.expired = fault->expired;
    if (fault->fail) handshake.effect = {fault->delay, std::string(kHandshakeFailure), 0, Then::close};
    closing_ = handshake.effect.then != Then::go_on;
    return handshake;
}

void Tap::tls_started() {
    here_.tls = true;
    if (!options_.log.empty()) log_.tls_started();
}

Tap::Effect Tap::sent(std::string octets) {
    if (closing_) return {};
    if (!std::exchange(greeted_, true)) return greet(std::move(octets));
    if (std::exchange(cancelling_, false)) return {};
    const bool first = !std::exchange(pending_.answered, true);
    if (first) follow(octets);
    if (!pending_.ends_message || !first) return logged(shaped(edit_.edit(std::move(octets))));

    const bool stored = octets.find("\r\n2") != std::string::npos || octets.starts_with('2');
    octets = edit_.edit(merged_replies(octets));
    if (fault_ == nullptr && stored) fault_ = fire("stored");
    here_.to.clear();
    here_.has_from = false;
    if (fault_ == nullptr) return logged(shaped(std::move(octets)));
    Fault late = *fault_;
    late.reply.reset();  // it is in octets
    if (fault_->reply) late.drop = late.reset = late.hang = false;
    Effect effect = shaped(late.replaces_command() ? std::string() : std::move(octets));
    effect.delay = fault_->delay;
    if (then_of(*fault_) != Then::go_on) effect.then = then_of(*fault_);
    if (effect.octets.starts_with("421") && effect.then == Then::go_on) effect.then = Then::close;
    return logged(std::move(effect));
}

// What the session's answer means for what comes next.
void Tap::follow(std::string_view reply) {
    const bool done = is_smtp() ? reply.starts_with('2') : reply.starts_with("+OK");
    const std::string& verb = pending_.verb;
    if (verb == "AUTH") {
        mode_ = reply.starts_with(is_smtp() ? "334" : "+ ") ? Mode::auth : Mode::commands;
    } else if (verb == "DATA" && reply.starts_with("354")) {
        mode_ = Mode::body;
        data_end_.restart();
        body_begins();
    } else if (verb == "MAIL" && done) {
        here_.from = pending_.sender;
        here_.has_from = true;
        here_.to.clear();
    } else if (verb == "RCPT" && done) {
        here_.to.push_back(pending_.recipient);
    } else if (done && is_smtp() && (verb == "RSET" || verb == "EHLO" || verb == "HELO" || verb == "LHLO")) {
        here_.to.clear();
        here_.has_from = false;
    }
}

void Tap::body_begins() {
    here_.size = 0;
    body_fault_ = fire("body");
    if (body_fault_ == nullptr) return;
    Effect effect{body_fault_->delay, {}, 0, then_of(*body_fault_)};
    closing_ = false;
    steps_.emplace_back(std::move(effect));
}

std::vector<bool> Tap::message_ends() {
    const std::vector<std::string> recipients = here_.to;
    std::vector<bool> refused(recipients.size(), false);
    const bool lmtp = options_.protocol == FaultProtocol::lmtp;
    replies_.assign(lmtp ? recipients.size() : 1, std::nullopt);
    for (std::size_t i = 0; i < replies_.size(); ++i) {
        if (lmtp) here_.to = {recipients[i]};
        const Fault* fault = fire("end");
        if (fault == nullptr) continue;
        fault_ = fault;
        reply_octets_ = 0;
        replies_[i] = fault->reply;
        const bool kept = fault->reply ? fault->reply->starts_with('2') : !fault->replaces_command();
        if (kept) continue;
        // Without a reply nobody is told anything.
        if (!lmtp || !fault->reply) {
            refused.assign(recipients.size(), true);
        } else {
            refused[i] = true;
        }
    }
    here_.to = recipients;
    return refused;
}

std::string Tap::merged_replies(std::string_view octets) {
    std::string out;
    for (std::size_t i = 0; !octets.empty(); ++i) {
        const std::string_view reply = first_reply(octets);
        out += i < replies_.size() && replies_[i] ? *replies_[i] : std::string(reply);
        octets.remove_prefix(reply.size());
    }
    replies_.clear();
    return out;
}

}  // namespace mailpipe::app::serve
