#include "mailpipe/app/serve/test/line_tap.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::app::serve {
namespace {

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

LineTap::LineTap(Options options) : Tap(std::move(options)), edit_(options_.protocol, *options_.mask) {}

// RFC 5321 section 3.8: the channel is closed with a 421.
bool LineTap::is_farewell(std::string_view reply) const {
    return is_smtp() && reply.starts_with("421");
}

Tap::Effect LineTap::greet(std::string octets) {
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

Tap::Effect LineTap::sent(std::string octets) {
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
    if (effect.then == Then::go_on && is_farewell(effect.octets)) effect.then = Then::close;
    return logged(std::move(effect));
}

// What the session's answer means for what comes next.
void LineTap::follow(std::string_view reply) {
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

std::vector<bool> LineTap::message_ends() {
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

std::string LineTap::merged_replies(std::string_view octets) {
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
