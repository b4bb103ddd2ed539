#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/server/command_framer.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

namespace mailpipe::imap::server {

// APPEND and REPLACE while they come: what a literal is, the text of a message or a string, is known only here.
//
//   append = "APPEND" SP mailbox 1*(SP append-message)                        ; RFC 3502
//   replace = "REPLACE" SP nz-number SP mailbox SP append-message             ; RFC 8508
//   append-message = [flag-list SP] [date-time SP] append-data
//   append-data = literal / literal8 / "UTF8" SP "(" literal8 ")" /           ; RFC 3516, RFC 6855
//                 "CATENATE" SP "(" cat-part *(SP cat-part) ")"               ; RFC 4469
//   cat-part = "TEXT" SP literal / "URL" SP astring / "UTF8" SP "(" literal8 ")"
class AppendParser {
 public:
    AppendParser(bool replaces, bool uid) : replaces_(replaces), uid_(uid) {}

    using Event =
        std::variant<AppendBegan, AppendMessage, AppendLiteral, AppendUrl, AppendMessageEnd, AppendEnd>;
    enum class Needs { string_literal, message_literal, nothing };

    // `text` is what came since the last message literal (before the first: behind the name of the command, from
    // `offset`), with its last line's marker. Events go behind those in `events`; `nothing`: AppendEnd is among them.
    // Errors: as of CommandParser; the command is over then.
    Result<Needs> advance(const CommandText& text, std::size_t offset,
                          const std::optional<LiteralMarker>& marker, const ParseContext& context, bool utf8,
                          std::vector<Event>& events);
    bool began() const { return state_ != State::begin; }

 private:
    enum class State { begin, message, data, part, utf8_end, after_part, after_data };
    struct Position;

    Result<std::optional<Needs>> step(Position& at);
    Result<std::optional<Needs>> begin(Position& at);
    Result<std::optional<Needs>> message(Position& at);
    Result<std::optional<Needs>> data(Position& at);
    Result<std::optional<Needs>> part(Position& at);
    Result<std::optional<Needs>> after_data(Position& at);
    Result<std::optional<Needs>> message_literal(Position& at, bool utf8);
    Result<std::optional<Needs>> utf8_literal(Position& at);

    bool replaces_;
    bool uid_;
    State state_ = State::begin;
    bool catenates_ = false;
    std::size_t offset_ = 0;  // in the text, where the state begins
};

}  // namespace mailpipe::imap::server
