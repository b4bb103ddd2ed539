#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
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

void ClientSession::Impl::on_fetch(std::uint32_t sequence_number, Tokens& tokens) {
    auto parsed = parse_fetch(tokens);
    if (!parsed) return fail_with(parsed.error());
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
        if (parsed->uid && parsed->size && asked_for(*parsed, {}) != nullptr) {
            emit_fetched(sequence_number, std::move(*parsed), false);
        }
        return;
    }
    if (!parsed->uid) return fail_with(Errc::protocol, "FETCH response with a body and without the UID");
    if (asked_for(*parsed, section) == nullptr) {
        return fail_with(Errc::protocol, "FETCH response with the body of UID " + std::to_string(*parsed->uid) +
                                             ", which was not asked for");
    }
    if (body->kind == NString::Kind::text) {
        held_body = std::move(body->text);
        events.push_back(BodyBegin{sequence_number, held_body.size()});
        if (!held_body.empty()) events.push_back(BodyData{held_body});
    }
    const bool has_body = body->kind != NString::Kind::nil;
    emit_fetched(sequence_number, std::move(*parsed), has_body);
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

void ClientSession::Impl::add_uids(PendingCommand& search, std::uint32_t first, std::uint32_t last) {
    if (first == 0) return fail_with(Errc::protocol, "malformed SEARCH response: UID 0");
    // Judged before the range is expanded: "1:4294967295" is 12 octets.
    if (std::uint64_t{last} - first + 1 > limits::kListedMessages - search.uids.size()) {
        return fail_with(Errc::limit, "more search results than kListedMessages (" +
                                          std::to_string(limits::kListedMessages) + ")");
    }
    for (std::uint64_t uid = first; uid <= last; ++uid)
        search.uids.push_back(static_cast<std::uint32_t>(uid));
}

// mailbox-data =/ "SEARCH" *(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"]     RFC 3501, RFC 7162
void ClientSession::Impl::on_search(std::string_view numbers, bool last) {
    trace_server("* SEARCH" + std::string(numbers));
    PendingCommand* search = in_flight(Verb::search);
    while (search != nullptr && !failed && !search_tail && !numbers.empty()) {
        if (numbers[0] == ' ') {
            numbers.remove_prefix(1);
            continue;
        }
        search_tail = numbers[0] == '(';
        if (search_tail) break;
        const std::size_t length = std::min(numbers.find(' '), numbers.size());
        const auto uid = ascii::parse_number(numbers.substr(0, length));
        if (!uid || *uid > UINT32_MAX) {
            return fail_with(Errc::protocol, "malformed SEARCH response: number expected");
        }
        add_uids(*search, static_cast<std::uint32_t>(*uid), static_cast<std::uint32_t>(*uid));
        numbers.remove_prefix(length);
    }
    if (last) search_tail = false;
    // A greeting comes first, whatever follows it.
    if (!greeted) fail_with(Errc::protocol, "not the greeting of an IMAP server");
}

// esearch-response = "ESEARCH" [SP "(" "TAG" SP string ")"] [SP "UID"] *(SP name SP value)   RFC 4731, RFC 9051
// Servers of IMAP4rev2 may answer a plain SEARCH so.
void ClientSession::Impl::on_esearch(Tokens& tokens) {
    PendingCommand* search = in_flight(Verb::search);
    bool uids = false;
    if (search == nullptr || !tokens.atom("ESEARCH")) return;
    while (tokens.take(' ')) {
        if (tokens.take('(')) {
            if (const auto tag = tokens.atom("TAG"); !tag) return fail_with(tag.error());
            if (const auto space = tokens.expect(' ', "SP"); !space) return fail_with(space.error());
            const auto tag = tokens.nstring("tag-string");
            if (!tag) return fail_with(tag.error());
            if (tag->text != search->tag) return;
            if (const auto close = tokens.expect(')', "search-correlator"); !close)
                return fail_with(close.error());
            continue;
        }
        const auto name = tokens.atom("search-return-data");
        if (!name) return fail_with(name.error());
        if (ascii::equals_ignore_case(*name, "UID")) {
            uids = true;
            continue;
        }
        if (const auto space = tokens.expect(' ', "SP"); !space) return fail_with(space.error());
        if (!uids || !ascii::equals_ignore_case(*name, "ALL")) {
            if (const auto value = tokens.skip_value(); !value) return fail_with(value.error());
            continue;
        }
        do {
            const auto first = tokens.nz_number("sequence-set");
            if (!first) return fail_with(first.error());
            auto last = first;
            if (tokens.take(':')) last = tokens.nz_number("sequence-set");
            if (!last) return fail_with(last.error());
            add_uids(*search, std::min(*first, *last), std::max(*first, *last));
        } while (!failed && tokens.take(','));
        if (failed) return;
    }
}

}  // namespace mailpipe::imap
