#include "mailpipe/app/serve/test/tap.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/test/imap_tap.hpp"
#include "mailpipe/app/serve/test/line_tap.hpp"

namespace mailpipe::app::serve {
namespace {

// A TLS alert: fatal, handshake_failure (RFC 8446 section 6).
constexpr std::string_view kHandshakeFailure("\x15\x03\x03\x00\x02\x02\x28", 7);

// Printable, and the same each time.
char garble(char c, std::uint64_t position) {
    if (c == '\r' || c == '\n') return c;
    return static_cast<char>('!' + (static_cast<unsigned char>(c) * 7U + position * 13U) % 94U);
}

}  // namespace

std::unique_ptr<Tap> Tap::make(Options options) {
    if (options.protocol == FaultProtocol::imap) return std::make_unique<ImapTap>(std::move(options));
    return std::make_unique<LineTap>(std::move(options));
}

Tap::Tap(Options options) : options_(std::move(options)) {
    here_.protocol = options_.protocol;
    here_.connection = options_.connection;
    if (!options_.log.empty()) log_.note(options_.log);
}

Tap::Then Tap::end_of(const Fault& fault) {
    return fault.hang ? Then::hang : fault.reset ? Then::reset : Then::close;
}

Tap::Then Tap::then_of(const Fault& fault) {
    const bool at_once = (fault.hang || fault.reset || fault.drop) && !fault.cuts_reply();
    return at_once ? end_of(fault) : Then::go_on;
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
    if (!here_.mailbox.empty()) event["mailbox"] = here_.mailbox;
    if (here_.has_from) event["from"] = here_.from;
    if (!here_.to.empty()) event["to"] = here_.to;
    options_.tell(std::move(event));
    return fault;
}

void Tap::log_client(std::string_view octets) {
    if (!options_.log.empty()) log_.client_octets(octets);
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
            effect.then = end_of(*fault_);
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
    if (fault.reply) octets = worded(fault);
    if (!fault.reply && then != Then::go_on) octets.clear();
    Effect effect = shaped(std::move(octets));
    effect.delay = fault.delay;
    if (then != Then::go_on) effect.then = then;
    if (effect.then == Then::go_on && is_farewell(effect.octets)) effect.then = Then::close;
    return effect;
}

Tap::Effect Tap::connected() {
    const Fault* fault = fire("connect");
    return fault == nullptr ? Effect{} : logged(acted(*fault, ""));
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

void Tap::received(std::string_view octets) {
    input_ += octets;
    end_ = end_ || octets.empty();
}

Tap::Step Tap::next() {
    while (true) {
        if (!steps_.empty()) {
            Step step = std::move(steps_.front());
            steps_.pop_front();
            return step;
        }
        if (auto step = take()) return std::move(*step);
        if (!steps_.empty()) continue;
        if (!end_) return NeedOctets{};
        return piece(input_.size());
    }
}

Tap::ToSession Tap::piece(std::size_t size) {
    ToSession to{input_.substr(0, size)};
    input_.erase(0, size);
    return to;
}

void Tap::body_begins() {
    here_.size = 0;
    body_fault_ = fire("body");
    if (body_fault_ == nullptr) return;
    Effect effect{body_fault_->delay, {}, 0, then_of(*body_fault_)};
    closing_ = false;
    steps_.emplace_back(std::move(effect));
}

std::size_t Tap::body_allowance() const {
    if (body_fault_ == nullptr || !body_fault_->throttle) return input_.size();
    return std::min<std::size_t>(input_.size(), std::max<std::uint64_t>(1, *body_fault_->throttle / 10));
}

Tap::Step Tap::body_piece(std::size_t size) {
    here_.size += size;
    ToSession part = piece(size);
    log_client(part.octets);
    if (body_fault_ == nullptr) return part;
    if (body_fault_->cut_after && here_.size >= *body_fault_->cut_after)
        return logged({{}, {}, 0, end_of(*body_fault_)});
    if (!body_fault_->throttle) return part;
    steps_.emplace_back(std::move(part));
    return Effect{std::chrono::milliseconds(1000 * size / *body_fault_->throttle)};
}

}  // namespace mailpipe::app::serve
