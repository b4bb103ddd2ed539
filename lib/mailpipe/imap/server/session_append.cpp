#include <utility>

#include "mailpipe/imap/server/limits.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {

void Session::Impl::append_line(const std::optional<LiteralMarker>& marker) {
    append_events.clear();
    append_next = 0;
    auto needs = append->advance(command, arguments, marker, context(), utf8(), append_events);
    if (!needs) {
        abort_append();
        return refuse(needs.error(), marker);
    }
    auto refusal = *needs == AppendParser::Needs::message_literal ? judge_unasked(*marker) : std::nullopt;
    if (refusal) {
        abort_append();
        return refuse(std::move(*refusal), marker);
    }
    append_needs = *needs;
    append_marker = marker;
    awaiting = Awaiting::append;
    go_on();
}

// The next event of those that the line has given, or what comes behind them.
void Session::Impl::go_on() {
    if (awaiting != Awaiting::append) return;
    if (append_next < append_events.size()) {
        AppendParser::Event& event = append_events[append_next++];
        if (std::holds_alternative<AppendBegan>(event)) append_told = true;
        if (const auto* literal = std::get_if<AppendLiteral>(&event)) append_binary = literal->binary;
        events.push_back(std::visit([](auto& one) { return Step(std::move(one)); }, event));
        return;
    }
    if (append_needs == AppendParser::Needs::nothing) return;  // complete() is to come
    awaiting = Awaiting::nothing;
    if (append_needs == AppendParser::Needs::string_literal) return accept_literal(*append_marker);
    if (append_marker->synchronizing) line("+ Ready for the message");
    command.clear();
    arguments = 0;
    literal_left = append_marker->size;
    reading = literal_left > 0 ? Reading::append : Reading::command;
}

std::optional<Step> Session::Impl::take_append() {
    const std::string_view octets = framer.next_octets(input, literal_left);
    if (octets.empty()) return std::nullopt;
    literal_left -= octets.size();
    if (literal_left == 0) {
        reading = Reading::command;
        trace_client("[" + std::to_string(append_marker->size) + " octets]");
    }
    if (append_binary || octets.find('\0') == std::string_view::npos) return AppendOctets{octets};
    // CHAR8 has no NUL. The rest of the literal and of the command is dropped.
    abort_append();
    refused = Refusal{Completion::no, "", "NUL in a message that is no literal8"};
    if (literal_left > 0) reading = Reading::dropped;
    return std::nullopt;
}

// Refuses, or accepts at the end. What the client has still to send of the command is dropped.
void Session::Impl::complete_append(Completion completion, std::string_view code, std::string_view text) {
    const bool waits = append_next < append_events.size() || append_needs != AppendParser::Needs::nothing;
    append.reset();
    append_told = false;
    awaiting = Awaiting::nothing;
    if (waits && append_marker)
        return refuse(Refusal{completion, std::string(code), std::string(text)}, append_marker);
    tagged(completion, code, text);
}

void Session::Impl::abort_append() {
    append.reset();
    if (std::exchange(append_told, false)) events.emplace_back(AppendAborted{});
}

}  // namespace mailpipe::imap::server
