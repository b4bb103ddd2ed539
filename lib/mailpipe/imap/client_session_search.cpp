#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

constexpr std::size_t kLongestUid = 11;  // of an ESEARCH response, with its comma

Error not_offered(std::string_view capability) {
    return Error{Errc::unsupported, std::string(capability) + " is not offered by the server", std::nullopt};
}

// The order stays.
bool has_duplicates(std::vector<std::uint32_t> uids) {
    std::sort(uids.begin(), uids.end());
    return std::adjacent_find(uids.begin(), uids.end()) != uids.end();
}

}  // namespace

PendingCommand& ClientSession::Impl::queue_search(Verb verb, std::string_view words,
                                                  const std::string& criteria) {
    PendingCommand& command = queue(verb);
    CommandEncoder encoder(literal_use());
    encoder.text(command.tag).text(" UID ").text(name_of(verb)).text(" ").text(words);
    // RFC 6855 section 3: with UTF8=ACCEPT a charset is BAD.
    constexpr std::string_view kCharset = "CHARSET UTF-8 ";
    std::string_view keys = criteria;
    if (is_utf8_enabled() && keys.starts_with(kCharset)) keys.remove_prefix(kCharset.size());
    if (const auto sent = encoder.criteria(keys); !sent) command.refused = sent.error();
    command.chunks = encoder.finish();
    return command;
}

// A SEARCH response may be longer than kImapLine, an ESEARCH response is one line: it is asked for only where it
// would fit with a number for each message.
bool ClientSession::Impl::fits_in_esearch() const {
    const bool offered = has_capability("ESEARCH") || has_capability("IMAP4REV2");
    return offered && selected && exists < limits::kImapLine / kLongestUid;
}

void ClientSession::uid_search(const std::string& criteria) {
    impl_->queue_search(Verb::search, impl_->fits_in_esearch() ? "RETURN (ALL) " : "", criteria);
}

void ClientSession::uid_search_count(const std::string& criteria) {
    if (!impl_->has_capability("ESEARCH") && !impl_->has_capability("IMAP4REV2"))
        return impl_->queue_refused(Verb::search, not_offered("ESEARCH"));
    impl_->queue_search(Verb::search, "RETURN (COUNT) ", criteria).counts = true;
}

// RFC 9394 section 3.1; RFC 5267 section 4.4 has no negative range.
bool ClientSession::can_search_partial(End end) const {
    return impl_->has_capability("PARTIAL") || (end == End::first && impl_->has_capability("CONTEXT=SEARCH"));
}

void ClientSession::uid_search_partial(const std::string& criteria, std::uint32_t count, End end) {
    if (!can_search_partial(end)) return impl_->queue_refused(Verb::search, not_offered("PARTIAL"));
    const std::string sign = end == End::first ? "" : "-";
    const std::string range = sign + "1:" + sign + std::to_string(count);
    impl_->queue_search(Verb::search, "RETURN (PARTIAL " + range + ") ", criteria);
}

void ClientSession::uid_sort(std::string_view keys, const std::string& criteria) {
    // RFC 5957 section 3
    const char* needed = keys.find("DISPLAY") == std::string_view::npos ? "SORT" : "SORT=DISPLAY";
    if (!impl_->has_capability(needed)) return impl_->queue_refused(Verb::sort, not_offered(needed));
    impl_->queue_search(Verb::sort, std::string(keys) + " UTF-8 ", criteria);
}

void ClientSession::uid_thread(std::string_view algorithm, const std::string& criteria) {
    const std::string needed = "THREAD=" + std::string(algorithm);
    if (!impl_->has_capability(needed)) return impl_->queue_refused(Verb::thread, not_offered(needed));
    impl_->queue_search(Verb::thread, std::string(algorithm) + " UTF-8 ", criteria);
}

void ClientSession::Impl::on_numbers(const ResponseFramer::Step& step) {
    static constexpr std::array<std::string_view, 3> kNames{"* SEARCH", "* SORT", "* THREAD"};
    trace_server(std::string(kNames.at(static_cast<std::size_t>(step.listing))) + std::string(step.octets));
    // A greeting comes first, whatever follows it.
    if (!greeted) return fail_with(Errc::protocol, "not the greeting of an IMAP server");
    static constexpr std::array<Verb, 3> kVerbs{Verb::search, Verb::sort, Verb::thread};
    PendingCommand* command = in_flight(kVerbs.at(static_cast<std::size_t>(step.listing)));
    if (command == nullptr) count_unasked(step.octets.size() + 8);
    if (step.listing == ResponseFramer::Listing::thread) return on_threads(step.octets);
    on_uids(command, step.octets);
    if (step.last) search_tail = false;
}

// mailbox-data =/ "SEARCH" *(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"]     RFC 3501, RFC 7162
// sort-data    = "SORT" *(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"]        RFC 5256, RFC 7162
void ClientSession::Impl::on_uids(PendingCommand* command, std::string_view numbers) {
    while (command != nullptr && !failed && !search_tail && !numbers.empty()) {
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
        add_uids(*command, static_cast<std::uint32_t>(*uid), static_cast<std::uint32_t>(*uid));
        numbers.remove_prefix(length);
    }
}

// Several THREAD responses to one command are read as one.
void ClientSession::Impl::on_threads(std::string_view lists) {
    PendingCommand* command = in_flight(Verb::thread);
    if (command == nullptr) return;
    if (const auto taken = command->threads.append(lists); !taken) fail_with(taken.error());
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

// Servers of IMAP4rev2 may answer a plain SEARCH so.
void ClientSession::Impl::on_esearch(Tokens& tokens) {
    PendingCommand* search = in_flight(Verb::search);
    if (search == nullptr || !tokens.atom("ESEARCH")) return;
    const auto parsed = parse_esearch(tokens);
    if (!parsed) return fail_with(parsed.error());
    for (std::size_t i = 0; parsed->tag && i < commands_in_flight; ++i) {
        if (commands[i].verb == Verb::search && commands[i].tag == *parsed->tag) search = &commands[i];
    }
    // Numbers of messages are of no use, and a result of another command is none of this one.
    if (!parsed->uids || (parsed->tag && *parsed->tag != search->tag)) return;
    if (parsed->count) search->count = parsed->count;
    if (search->counts || !parsed->found) return;
    for (const auto& [first, last] : *parsed->found) {
        add_uids(*search, first, last);
        if (failed) return;
    }
}

void ClientSession::Impl::on_found(PendingCommand command, std::uint32_t limited_from) {
    std::vector<std::uint32_t>& uids = command.uids;
    if (command.verb == Verb::search && command.counts) {
        if (!command.count) return fail_with(Errc::protocol, "SEARCH RETURN (COUNT) answered without COUNT");
        events.push_back(SearchCount{*command.count, limited_from});
    } else if (command.verb == Verb::search) {
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        events.push_back(SearchResult{std::move(uids), limited_from});
    } else if (command.verb == Verb::sort) {
        if (has_duplicates(uids)) return fail_with(Errc::protocol, "SORT response with one UID twice");
        events.push_back(SortResult{std::move(uids)});
    } else {
        auto messages = command.threads.finish();
        if (!messages) return fail_with(messages.error());
        for (const ThreadedMessage& message : *messages) {
            if (message.uid != 0) uids.push_back(message.uid);
        }
        if (has_duplicates(std::move(uids)))
            return fail_with(Errc::protocol, "THREAD response with one UID twice");
        events.push_back(ThreadResult{std::move(*messages)});
    }
}

}  // namespace mailpipe::imap
