#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

struct Word {
    std::string_view first;
    std::string_view rest;  // behind one space
};

Word split_word(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {text, {}};
    return {text.substr(0, space), text.substr(space + 1)};
}

bool is_status(std::string_view word) {
    for (const std::string_view status : {"OK", "NO", "BAD", "BYE", "PREAUTH"}) {
        if (ascii::equals_ignore_case(word, status)) return true;
    }
    return false;
}

// The argument of UIDVALIDITY and UIDNEXT; 0 for what is no nz-number.
std::uint32_t code_number(std::string_view text) {
    const auto number = ascii::parse_number(text);
    return number && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
}

// mod-sequence-value = 1*DIGIT, less than 2^63 (RFC 7162 section 7); 0 for what is none.
std::uint64_t code_modseq(std::string_view text) {
    const auto number = ascii::parse_number(text);
    return number && *number <= static_cast<std::uint64_t>(INT64_MAX) ? *number : 0;
}

// "MESSAGELIMIT" SP nz-number [SP uniqueid] (RFC 9738 section 4). Of a command that was done, but for a part that is not
// said, nothing is certain.
std::uint32_t limited_from(const ResponseText& text) {
    if (!text.has_code("MESSAGELIMIT")) return 0;
    const std::uint32_t lowest = code_number(split_word(text.arguments).rest);
    return lowest == 0 ? UINT32_MAX : lowest;
}

// "(" [flag-perm *(SP flag-perm)] ")"
std::vector<std::string> parse_flag_list(std::string_view text) {
    text = ascii::trim(text);
    if (text.starts_with('(')) text.remove_prefix(1);
    if (text.ends_with(')')) text.remove_suffix(1);
    const auto words = ascii::split_words(text);
    return {words.begin(), words.end()};
}

}  // namespace

// response = *(continue-req / response-data) response-done
void ClientSession::Impl::on_response() {
    const std::string_view text = response.text;
    if (!greeted) {
        const Word status = split_word(text.substr(std::min<std::size_t>(text.size(), 2)));
        if (text.substr(0, 2) != "* " || !is_status(status.first)) {
            return fail_with(Errc::protocol, "not the greeting of an IMAP server: " + shown(text));
        }
        return on_greeting(status.first, parse_response_text(status.rest));
    }
    if (text.substr(0, 1) == "+") return on_continuation(text.substr(text.substr(0, 2) == "+ " ? 2 : 1));
    if (text.substr(0, 2) == "* ") return on_untagged();
    const Word tag = split_word(text);
    on_tagged(tag.first, tag.rest);
}

void ClientSession::Impl::on_continuation(std::string_view text) {
    if (in_flight(Verb::authenticate) != nullptr) return on_challenge(text);
    for (std::size_t i = 0; i < commands_in_flight && !append_begun; ++i) {
        if (commands[i].chunks_sent < commands[i].chunks.size()) return send_chunk(commands[i]);
    }
    if (in_flight(Verb::idle) != nullptr && !idling) {
        idling = true;
        return end_idle();
    }
    fail_with(Errc::protocol, "unexpected continuation request");
}

// response-tagged = tag SP resp-cond-state CRLF
void ClientSession::Impl::on_tagged(std::string_view tag, std::string_view rest) {
    const Word status = split_word(rest);
    const bool known = ascii::equals_ignore_case(status.first, "OK") ||
                       ascii::equals_ignore_case(status.first, "NO") ||
                       ascii::equals_ignore_case(status.first, "BAD");
    if (!known) return fail_with(Errc::protocol, "malformed response: " + shown(response.text));
    for (std::size_t i = 0; i < commands_in_flight; ++i) {
        if (commands[i].tag != tag) continue;
        unasked = 0;
        PendingCommand command = std::move(commands[i]);
        commands.erase(commands.begin() + static_cast<std::ptrdiff_t>(i));
        --commands_in_flight;
        const bool is_begun = append_begun && i == commands_in_flight;
        // Nothing else tells which of several messages it took.
        const auto earlier = commands.begin() + static_cast<std::ptrdiff_t>(i);
        if (command.verb == Verb::append &&
            std::any_of(commands.begin(), earlier,
                        [](const PendingCommand& one) { return one.verb == Verb::append; })) {
            return fail_with(Errc::protocol, "APPEND was answered before an earlier one");
        }
        if (is_begun ||
            (ascii::equals_ignore_case(status.first, "OK") && command.chunks_sent < command.chunks.size())) {
            return fail_with(Errc::protocol,
                             std::string(name_of(command.verb)) + " was answered before it was sent");
        }
        return on_done(std::move(command), status.first, parse_response_text(status.rest));
    }
    fail_with(Errc::protocol, "response to a command that was not sent: " + shown(response.text));
}

void ClientSession::Impl::on_done(PendingCommand command, std::string_view status, const ResponseText& text) {
    if (command.verb < Verb::select) return on_login_step_done(command, status, text);
    take_code(text);
    if (command.verb == Verb::idle) idling = idle_ends = false;
    const bool ok = ascii::equals_ignore_case(status, "OK");
    const Command what = public_command(command.verb);
    Errc otherwise = command.verb == Verb::select ? Errc::not_found : Errc::permanent;
    switch (ok ? command.verb : Verb::capability) {
        case Verb::select:
            selected = true;
            exists = command.selected.exists;
            // One that has not enabled it may take the parameter and tell of nothing.
            command.selected.resynced = command.resyncs && command.selected.highest_modseq != 0 &&
                                        std::find(enabled.begin(), enabled.end(), "QRESYNC") != enabled.end();
            if (text.has_code("READ-ONLY")) command.selected.read_only = true;
            events.push_back(std::move(command.selected));
            return;
        case Verb::search:
        case Verb::sort:
        case Verb::thread:
            return on_found(std::move(command), limited_from(text));
        case Verb::copy:
        case Verb::move:
            if (text.has_code("COPYUID")) on_copyuid(command, text);
            events.push_back(std::move(command.copied));
            return;
        case Verb::append:
            events.push_back(appended(command, text));
            return;
        case Verb::logout:
            closed = true;
            events.push_back(Closed{});
            return;
        default:
            break;
    }
    if (ok) {
        events.push_back(CommandDone{what, limited_from(text)});
        return;
    }
    if (!ascii::equals_ignore_case(status, "NO")) otherwise = Errc::protocol;
    events.push_back(Refused{what, refused(std::string(name_of(command.verb)) + " refused", text, otherwise)});
}

void ClientSession::Impl::on_untagged() {
    const std::string_view text = response.text;
    const Word name = split_word(text.substr(2));
    if (is_status(name.first)) return on_status(name.first, name.rest);
    if (ascii::equals_ignore_case(name.first, "CAPABILITY")) return set_capabilities(name.rest);
    Tokens tokens(response, 2);
    if (ascii::equals_ignore_case(name.first, "ESEARCH")) return on_esearch(tokens);
    if (ascii::equals_ignore_case(name.first, "ENABLED")) return on_enabled(name.rest);
    if (ascii::equals_ignore_case(name.first, "VANISHED")) return on_vanished(tokens);
    if (!name.first.empty() && ascii::is_digit(name.first[0])) return on_numbered(tokens);
    on_mailbox_data(name.first, tokens);
    // FLAGS and what future extensions send unasked is not ours to judge.
}

void ClientSession::Impl::on_status(std::string_view status, std::string_view rest) {
    const ResponseText text = parse_response_text(rest);
    if (ascii::equals_ignore_case(status, "PREAUTH"))
        return fail_with(Errc::protocol, "PREAUTH behind the greeting");
    if (ascii::equals_ignore_case(status, "BYE")) {
        if (in_flight(Verb::logout) != nullptr) {
            bye = true;
            return;
        }
        return fail_with(refused("the server ends the connection", text, Errc::temporary));
    }
    take_code(text);
}

// Codes that mean the same in any status response.
void ClientSession::Impl::take_code(const ResponseText& text) {
    if (text.has_code("ALERT")) {
        // What somebody in the path may have written is not shown as the server's words.
        if (options.tls == TlsUse::starttls && !tls_active) return;
        if (++alerts > limits::kImapAlerts) {
            return fail_with(Errc::limit,
                             "more alerts than kImapAlerts (" + std::to_string(limits::kImapAlerts) + ")");
        }
        events.push_back(Alert{redactor.clean(text.text)});
    } else if (text.has_code("CAPABILITY")) {
        set_capabilities(text.arguments);
    } else if (text.has_code("NOTIFICATIONOVERFLOW")) {
        // RFC 5465 section 5.8: from here on it tells of nothing.
        notify_overflowed = !noticed.empty();
        noticed.clear();
    } else if (PendingCommand* select = in_flight(Verb::select)) {
        take_select_code(*select, text);
    } else if (PendingCommand* move = in_flight(Verb::move)) {
        // RFC 6851 section 4.3: before the EXPUNGE responses, not with the tagged OK.
        if (text.has_code("COPYUID")) on_copyuid(*move, text);
    }
}

// Codes of a response before the tagged one to SELECT.
void ClientSession::Impl::take_select_code(PendingCommand& select, const ResponseText& text) {
    Selected& told = select.selected;
    if (text.has_code("UIDVALIDITY")) told.uid_validity = code_number(text.arguments);
    if (text.has_code("UIDNEXT")) told.uid_next = code_number(text.arguments);
    if (text.has_code("UIDNOTSTICKY")) told.persistent_uids = false;
    if (text.has_code("READ-ONLY")) told.read_only = true;
    if (text.has_code("PERMANENTFLAGS")) told.permanent_flags = parse_flag_list(text.arguments);
    if (text.has_code("HIGHESTMODSEQ")) told.highest_modseq = code_modseq(text.arguments);
    if (text.has_code("NOMODSEQ")) told.highest_modseq = 0;
    if (text.has_code("CLOSED")) {
        // RFC 7162 section 3.2.11: what came before was about the mailbox that was selected until now.
        told.vanished.clear();
        told.changed.clear();
    }
}

// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))        mailbox-data =/ number SP "EXISTS"
void ClientSession::Impl::on_numbered(Tokens& tokens) {
    const auto number = tokens.number("message number");
    if (!number) return fail_with(number.error());
    if (const auto space = tokens.expect(' ', "SP"); !space) return fail_with(space.error());
    const auto name = tokens.atom("message-data");
    if (!name) return fail_with(name.error());
    if (ascii::equals_ignore_case(*name, "EXISTS")) {
        on_exists(*number);
    } else if (ascii::equals_ignore_case(*name, "FETCH")) {
        if (const auto space = tokens.expect(' ', "SP"); !space) return fail_with(space.error());
        on_fetch(*number, tokens);
    } else if (ascii::equals_ignore_case(*name, "UIDFETCH") && *number != 0) {
        if (const auto space = tokens.expect(' ', "SP"); !space) return fail_with(space.error());
        on_fetch(*number, tokens, true);
    }
}

}  // namespace mailpipe::imap
