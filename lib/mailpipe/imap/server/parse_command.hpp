#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/server/capabilities.hpp"
#include "mailpipe/imap/server/command.hpp"
#include "mailpipe/imap/server/command_reader.hpp"

// The arguments of the commands that are handed on, one file a group. Each starts behind the name of its command, at the SP
// before the first argument, and ends at the end of the command.
namespace mailpipe::imap::server {

// What of the session the grammar depends on.
struct ParseContext {
    const Options& options;
    bool uid = false;  // UID FETCH...
    bool selected = false;
    bool rev2 = false;
    bool qresync = false;
    bool uid_only = false;
    bool utf8_accept = false;  // RFC 6855, by itself
    bool offers(std::string_view capability) const { return offers_capability(options, capability); }
};

// Errors: protocol and limit become BAD, unsupported becomes NO; `enhanced` of their reply is the response code.
Fail fail_with_code(Errc kind, std::string code, std::string text);

using CommandParser = Result<Command> (*)(CommandReader& in, const ParseContext& context);

// parse_mailboxes.cpp
Result<Command> parse_select(CommandReader& in, const ParseContext& context);
Result<Command> parse_examine(CommandReader& in, const ParseContext& context);
Result<Command> parse_create(CommandReader& in, const ParseContext& context);
Result<Command> parse_delete(CommandReader& in, const ParseContext& context);
Result<Command> parse_rename(CommandReader& in, const ParseContext& context);
Result<Command> parse_subscribe(CommandReader& in, const ParseContext& context);
Result<Command> parse_unsubscribe(CommandReader& in, const ParseContext& context);
Result<Command> parse_status(CommandReader& in, const ParseContext& context);
Result<Command> parse_namespace(CommandReader& in, const ParseContext& context);
// "(MESSAGES UNSEEN)", of LIST as well.
Result<std::vector<StatusItem>> parse_status_items(CommandReader& in, const ParseContext& context);

// parse_list.cpp
Result<Command> parse_list(CommandReader& in, const ParseContext& context);
Result<Command> parse_lsub(CommandReader& in, const ParseContext& context);

// parse_acl.cpp
Result<Command> parse_getacl(CommandReader& in, const ParseContext& context);
Result<Command> parse_setacl(CommandReader& in, const ParseContext& context);
Result<Command> parse_deleteacl(CommandReader& in, const ParseContext& context);
Result<Command> parse_listrights(CommandReader& in, const ParseContext& context);
Result<Command> parse_myrights(CommandReader& in, const ParseContext& context);

// parse_quota.cpp
Result<Command> parse_getquota(CommandReader& in, const ParseContext& context);
Result<Command> parse_getquotaroot(CommandReader& in, const ParseContext& context);
Result<Command> parse_setquota(CommandReader& in, const ParseContext& context);

// parse_metadata.cpp
Result<Command> parse_getmetadata(CommandReader& in, const ParseContext& context);
Result<Command> parse_setmetadata(CommandReader& in, const ParseContext& context);
// entry / "(" entry *(SP entry) ")", in lower case: names of entries have no case.
Result<std::vector<std::string>> parse_metadata_entries(CommandReader& in);

// parse_notify.cpp
Result<Command> parse_notify(CommandReader& in, const ParseContext& context);
// filter-mailboxes of RFC 5465 section 8 and RFC 7377 section 2.
Result<MailboxFilter> parse_mailbox_filter(CommandReader& in);

// parse_urlauth.cpp
Result<Command> parse_genurlauth(CommandReader& in, const ParseContext& context);
Result<Command> parse_resetkey(CommandReader& in, const ParseContext& context);
Result<Command> parse_urlfetch(CommandReader& in, const ParseContext& context);

// parse_messages.cpp
Result<Command> parse_noop(CommandReader& in, const ParseContext& context);
Result<Command> parse_close(CommandReader& in, const ParseContext& context);
Result<Command> parse_unselect(CommandReader& in, const ParseContext& context);
Result<Command> parse_expunge(CommandReader& in, const ParseContext& context);
Result<Command> parse_store(CommandReader& in, const ParseContext& context);
Result<Command> parse_copy(CommandReader& in, const ParseContext& context);
Result<Command> parse_move(CommandReader& in, const ParseContext& context);
// SP sequence-set; "$" where SEARCHRES is offered, numbers of messages where UIDONLY is not enabled.
Result<NumberSet> parse_set(CommandReader& in, const ParseContext& context);

// parse_fetch.cpp
Result<Command> parse_fetch(CommandReader& in, const ParseContext& context);
// fetch-att / "(" fetch-att *(SP fetch-att) ")", and with `macros` ALL, FAST and FULL.
Result<std::vector<FetchItem>> parse_fetch_items(CommandReader& in, const ParseContext& context, bool macros);

// parse_search.cpp
Result<Command> parse_search(CommandReader& in, const ParseContext& context);
Result<Command> parse_sort(CommandReader& in, const ParseContext& context);
Result<Command> parse_thread(CommandReader& in, const ParseContext& context);
Result<Command> parse_esearch(CommandReader& in, const ParseContext& context);
Result<Command> parse_cancelupdate(CommandReader& in, const ParseContext& context);

// The next element of `("A" SP "B")`-like lists: calls `read` for each of 1*(element SP) up to ")".
template <class Read>
Result<void> parse_parenthesised(CommandReader& in, std::string_view rule, bool may_be_empty, Read read) {
    if (!in.take('(')) return in.expected(rule);
    if (may_be_empty && in.take(')')) return {};
    do {
        Result<void> one = read();
        if (!one) return one;
    } while (in.take(' '));
    if (!in.take(')')) return in.expected("\")\"");
    return {};
}

// The end of the command, then it.
template <class T>
Result<Command> finish(CommandReader& in, T command) {
    if (auto ended = in.end(); !ended) return tl::unexpected(ended.error());
    return Command(std::move(command));
}

// Reads a value into `out`; false: `error` has it.
template <class T>
bool read_into(Result<T> value, T& out, Result<void>& error) {
    if (!value) {
        error = tl::unexpected(value.error());
        return false;
    }
    out = std::move(*value);
    return true;
}

}  // namespace mailpipe::imap::server
