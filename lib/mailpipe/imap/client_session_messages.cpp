#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {

bool ClientSession::Impl::wants_section(std::string_view section) const {
    for (std::size_t i = 0; i < commands_in_flight; ++i) {
        if (commands[i].verb == Verb::fetch && commands[i].section == section) return true;
    }
    return false;
}

// The command in flight that a FETCH response answers; nullptr for one that nobody asked for.
PendingCommand* ClientSession::Impl::asked_for(const FetchResponse& found, std::string_view section) {
    for (std::size_t i = 0; i < commands_in_flight; ++i) {
        PendingCommand& command = commands[i];
        if (command.verb == Verb::fetch && command.section == section && command.uid_set.contains(*found.uid)) {
            return &command;
        }
    }
    return nullptr;
}

void ClientSession::Impl::on_fetch(std::uint32_t sequence_number, Tokens& tokens, bool number_is_uid) {
    auto parsed = parse_fetch(tokens);
    if (!parsed) return fail_with(parsed.error());
    // RFC 9586 section 3.3: what it stands for need not be in it again.
    if (number_is_uid && !parsed->uid) parsed->uid = sequence_number;
    if (number_is_uid && parsed->uid != sequence_number)
        return fail_with(Errc::protocol, "UIDFETCH response with two UIDs of one message");
    if (on_flag_news(*parsed)) return;
    NString* body = nullptr;
    std::string section;
    for (FetchResponse::Body& candidate : parsed->bodies) {
        if (!wants_section(candidate.section)) continue;
        if (body != nullptr) return fail_with(Errc::protocol, "FETCH response with two bodies of one message");
        body = &candidate.value;
        section = candidate.section;
    }
    if (body == nullptr) {
        // Without a body an answer is told from news about flags by the size, which is always asked for.
        PendingCommand* command = parsed->uid && parsed->size ? asked_for(*parsed, {}) : nullptr;
        if (command == nullptr) {
            if (parsed->flags) ++flag_changes;
            return;
        }
        count_fetched(*command);
        return emit_fetched(sequence_number, std::move(*parsed), false);
    }
    if (!parsed->uid) return fail_with(Errc::protocol, "FETCH response with a body and without the UID");
    PendingCommand* command = asked_for(*parsed, section);
    if (command == nullptr) {
        return fail_with(Errc::protocol, "FETCH response with the body of UID " + std::to_string(*parsed->uid) +
                                             ", which was not asked for");
    }
    count_fetched(*command);
    if (body->kind == NString::Kind::text) {
        held_body = std::move(body->text);
        events.push_back(BodyBegin{sequence_number, held_body.size()});
        if (!held_body.empty()) events.push_back(BodyData{held_body});
    }
    const bool has_body = body->kind != NString::Kind::nil;
    emit_fetched(sequence_number, std::move(*parsed), has_body);
}

// A second answer about one message is no news; without an end of them the command would have none.
void ClientSession::Impl::count_fetched(PendingCommand& command) {
    asked = ++command.fetched <= command.uid_set.size();
    for (const Response::Literal& literal : response.literals) {
        if (!asked && literal.streamed) count_unasked(literal.size);
    }
}

void ClientSession::Impl::emit_fetched(std::uint32_t sequence_number, FetchResponse found, bool has_body) {
    FetchedMessage message;
    message.uid = *found.uid;
    message.sequence_number = sequence_number;
    message.size = found.size;
    if (found.flags) message.flags = std::move(*found.flags);
    message.internal_date = std::move(found.internal_date);
    message.has_body = has_body;
    events.push_back(Fetched{std::move(message)});
}

}  // namespace mailpipe::imap
