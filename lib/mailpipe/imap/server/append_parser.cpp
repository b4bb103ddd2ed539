#include "mailpipe/imap/server/append_parser.hpp"

#include <algorithm>

#include <utility>

namespace mailpipe::imap::server {

struct AppendParser::Position {
    CommandReader in;
    const std::optional<LiteralMarker>& marker;
    const ParseContext& context;
    std::vector<Event>& events;
    // The marker that the line ends with stands here.
    bool at_marker() const { return marker && in.rest().size() == marker->length; }
};

namespace {

using Outcome = Result<std::optional<AppendParser::Needs>>;

Outcome go_on() {
    return std::optional<AppendParser::Needs>();
}
Outcome wait_for(AppendParser::Needs needs) {
    return std::optional(needs);
}

}  // namespace

Result<AppendParser::Needs> AppendParser::advance(const CommandText& text, std::size_t offset,
                                                  const std::optional<LiteralMarker>& marker,
                                                  const ParseContext& context, bool utf8,
                                                  std::vector<Event>& events) {
    Position at{CommandReader(text, std::max(offset, offset_), utf8), marker, context, events};
    while (true) {
        const std::size_t start = at.in.offset();
        const Outcome outcome = step(at);
        if (!outcome) return tl::unexpected(outcome.error());
        if (!*outcome) continue;
        // A string's literal is read with what stands before it; behind a message's literal the text begins anew.
        offset_ = **outcome == Needs::string_literal ? start : 0;
        return **outcome;
    }
}

Outcome AppendParser::step(Position& at) {
    switch (state_) {
        case State::begin:
            return begin(at);
        case State::message:
            return message(at);
        case State::data:
            return data(at);
        case State::part:
            return part(at);
        case State::utf8_end:
            if (!at.in.take(')')) return at.in.expected("\")\" of UTF8");
            state_ = catenates_ ? State::after_part : State::after_data;
            return go_on();
        case State::after_part:
            if (at.in.take(' ')) {
                state_ = State::part;
            } else if (at.in.take(')')) {
                state_ = State::after_data;
            } else {
                return at.in.expected("SP or \")\" behind cat-part");
            }
            return go_on();
        case State::after_data:
            break;
    }
    return after_data(at);
}

Outcome AppendParser::begin(Position& at) {
    AppendBegan out;
    out.replaces_uid = replaces_ && uid_;
    if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    if (replaces_) {
        if (!uid_ && at.context.uid_only)
            return fail_with_code(Errc::protocol, "UIDREQUIRED",
                                  "message numbers are not used, UIDONLY is enabled");
        const auto number = at.in.nz_number("number of the message");
        if (!number) return tl::unexpected(number.error());
        out.replaces = *number;
        if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    }
    if (at.at_marker()) return wait_for(Needs::string_literal);
    auto mailbox = at.in.mailbox();
    if (!mailbox) return tl::unexpected(mailbox.error());
    out.mailbox = std::move(*mailbox);
    at.events.emplace_back(std::move(out));
    state_ = State::message;
    return go_on();
}

Outcome AppendParser::message(Position& at) {
    AppendMessage out;
    if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    if (at.in.rest().substr(0, 1) == "(") {
        auto flags = at.in.flag_list();
        if (!flags) return tl::unexpected(flags.error());
        out.flags = std::move(*flags);
        if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    }
    if (at.in.rest().substr(0, 1) == "\"") {
        const auto date = at.in.date_time();
        if (!date) return tl::unexpected(date.error());
        out.internal_date = *date;
        if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    }
    at.events.emplace_back(std::move(out));
    state_ = State::data;
    return go_on();
}

Outcome AppendParser::data(Position& at) {
    catenates_ = false;
    if (at.at_marker()) return message_literal(at, false);
    if (at.in.take_word("UTF8")) return utf8_literal(at);
    if (!at.context.offers("CATENATE") || !at.in.take_word("CATENATE")) return at.in.expected("append-data");
    if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    if (!at.in.take('(')) return at.in.expected("\"(\" of CATENATE");
    catenates_ = true;
    state_ = State::part;
    return go_on();
}

Outcome AppendParser::part(Position& at) {
    if (at.in.take_word("UTF8")) return utf8_literal(at);
    const bool is_url = at.in.take_word("URL");
    if (!is_url && !at.in.take_word("TEXT")) return at.in.expected("cat-part");
    if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    if (at.at_marker()) return is_url ? wait_for(Needs::string_literal) : message_literal(at, false);
    if (!is_url) return at.in.expected("literal of TEXT");
    auto url = at.in.astring("url");
    if (!url) return tl::unexpected(url.error());
    // It comes back in BADURL: nothing in it may end a line or a code.
    const bool printable =
        std::all_of(url->begin(), url->end(), [](char c) { return c > 0x20 && c < 0x7F && c != ']'; });
    if (url->empty() || !printable) return at.in.expected("url");
    at.events.emplace_back(AppendUrl{std::move(*url)});
    state_ = State::after_part;
    return go_on();
}

Outcome AppendParser::utf8_literal(Position& at) {
    if (!at.in.utf8()) return fail(Errc::protocol, "UTF8 is not enabled");
    if (auto space = at.in.space(); !space) return tl::unexpected(space.error());
    if (!at.in.take('(')) return at.in.expected("\"(\" of UTF8");
    if (!at.at_marker() || !at.marker->binary) return at.in.expected("literal8");
    return message_literal(at, true);
}

Outcome AppendParser::message_literal(Position& at, bool utf8) {
    const LiteralMarker& marker = *at.marker;
    if (marker.binary && !utf8 && !at.context.offers("BINARY")) return at.in.expected("literal");
    const std::uint64_t limit = at.context.options.max_message_size;
    if (marker.size > static_cast<std::uint64_t>(INT64_MAX) || (limit > 0 && marker.size > limit))
        return fail_with_code(Errc::unsupported, "TOOBIG", "message is too large");
    // How a client gives up a MULTIAPPEND (RFC 3502 section 6.3.11).
    if (marker.size == 0 && !catenates_) return fail(Errc::unsupported, "empty message: nothing is appended");
    at.events.emplace_back(AppendLiteral{marker.size, marker.binary, utf8});
    state_ = utf8 ? State::utf8_end : catenates_ ? State::after_part : State::after_data;
    return wait_for(Needs::message_literal);
}

Outcome AppendParser::after_data(Position& at) {
    at.events.emplace_back(AppendMessageEnd{});
    if (at.in.at_end()) {
        at.events.emplace_back(AppendEnd{});
        return wait_for(Needs::nothing);
    }
    if (replaces_ || !at.context.offers("MULTIAPPEND")) return at.in.expected("end of the command");
    state_ = State::message;
    return go_on();
}

}  // namespace mailpipe::imap::server
