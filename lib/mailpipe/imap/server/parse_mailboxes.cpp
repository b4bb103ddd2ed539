#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

namespace mailpipe::imap::server {
namespace {

constexpr std::array<std::string_view, 8> kUses{"\\All",  "\\Archive", "\\Drafts", "\\Flagged",
                                                "\\Junk", "\\Sent",    "\\Trash",  "\\Important"};

struct StatusEntry {
    std::string_view name;
    StatusItem item;
    std::string_view capability;
};
constexpr auto kStatusItems = std::to_array<StatusEntry>({
    {"MESSAGES", StatusItem::messages, ""},
    {"RECENT", StatusItem::recent, "IMAP4rev1"},
    {"UIDNEXT", StatusItem::uid_next, ""},
    {"UIDVALIDITY", StatusItem::uid_validity, ""},
    {"UNSEEN", StatusItem::unseen, ""},
    {"DELETED", StatusItem::deleted, "STATUS=DELETED"},
    {"SIZE", StatusItem::size, "STATUS=SIZE"},
    {"HIGHESTMODSEQ", StatusItem::highest_modseq, "CONDSTORE"},
    {"APPENDLIMIT", StatusItem::append_limit, "APPENDLIMIT"},
    {"MAILBOXID", StatusItem::mailbox_id, "OBJECTID"},
    {"DELETED-STORAGE", StatusItem::deleted_storage, "QUOTA=RES-STORAGE"},
});

Result<std::string> mailbox_argument(CommandReader& in) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    return in.mailbox();
}

// known-uids, known-sequence-set and known-uid-set have no "*" (RFC 7162 section 7).
Result<NumberSet> known_set(CommandReader& in) {
    const std::size_t start = in.offset();
    const std::string_view text = in.rest();
    auto set = in.sequence_set();
    if (set && text.substr(0, in.offset() - start).find_first_of("*$") != std::string_view::npos)
        return in.expected("set of known numbers");
    return set;
}

// select-param = "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
Result<void> parse_resync(CommandReader& in, Select::Resync& out) {
    Result<void> error;
    if (error = in.space(); !error) return error;
    if (error = in.expect('(', "\"(\" of QRESYNC"); !error) return error;
    if (!read_into(in.nz_number("uidvalidity"), out.uid_validity, error)) return error;
    if (error = in.space(); !error) return error;
    if (!read_into(in.number64("mod-sequence-value"), out.modseq, error)) return error;
    if (out.modseq == 0) return in.expected("mod-sequence-value");
    bool more = in.take(' ');
    if (more && in.rest().substr(0, 1) != "(") {
        NumberSet known;
        if (!read_into(known_set(in), known, error)) return error;
        out.known_uids = std::move(known);
        more = in.take(' ');
    }
    if (more) {
        std::pair<NumberSet, NumberSet> match;
        if (error = in.expect('(', "seq-match-data"); !error) return error;
        if (!read_into(known_set(in), match.first, error)) return error;
        if (error = in.space(); !error) return error;
        if (!read_into(known_set(in), match.second, error)) return error;
        if (error = in.expect(')', "\")\" of seq-match-data"); !error) return error;
        out.sequence_match = std::move(match);
    }
    return in.expect(')', "\")\" of QRESYNC");
}

Result<void> parse_select_parameter(CommandReader& in, const ParseContext& context, Select& out) {
    const auto name = in.keyword("select-param");
    if (!name) return tl::unexpected(name.error());
    if (*name == "CONDSTORE" && context.offers("CONDSTORE")) {
        out.condstore = true;
        return {};
    }
    if (*name == "QRESYNC" && context.offers("QRESYNC")) {
        if (!context.qresync) return fail(Errc::protocol, "QRESYNC is not enabled");
        if (out.resync) return in.expected("one QRESYNC");
        Select::Resync resync;
        if (auto read = parse_resync(in, resync); !read) return read;
        out.condstore = true;
        out.resync = std::move(resync);
        return {};
    }
    return fail(Errc::protocol, "select-param is not known");
}

// select = "SELECT" SP mailbox [select-params]        select-params = SP "(" select-param *(SP select-param) ")"
Result<Command> parse_select_or_examine(CommandReader& in, const ParseContext& context, bool read_only) {
    Select out;
    out.read_only = read_only;
    Result<void> error;
    if (!read_into(mailbox_argument(in), out.mailbox, error)) return tl::unexpected(error.error());
    if (in.take(' ')) {
        error = parse_parenthesised(in, "select-params", false,
                                    [&] { return parse_select_parameter(in, context, out); });
        if (!error) return tl::unexpected(error.error());
    }
    return finish(in, std::move(out));
}

// create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"        use-attr = "\" atom (RFC 6154 section 6)
Result<void> parse_create_parameter(CommandReader& in, const ParseContext& context, Create& out) {
    if (!in.take_word("USE") || !context.offers("CREATE-SPECIAL-USE")) return in.expected("create-param");
    if (auto space = in.space(); !space) return space;
    return parse_parenthesised(in, "\"(\" of USE", true, [&]() -> Result<void> {
        if (!in.take('\\')) return in.expected("use-attr");
        const auto name = in.atom("use-attr");
        if (!name) return tl::unexpected(name.error());
        std::string use = "\\" + std::string(*name);
        for (const std::string_view known : kUses) {
            if (ascii::equals_ignore_case(use, known)) use = known;
        }
        out.special_use.push_back(std::move(use));
        return {};
    });
}

Result<Command> parse_subscription(CommandReader& in, bool subscribed) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    return finish(in, Subscribe{std::move(*mailbox), subscribed});
}

}  // namespace

Fail fail_with_code(Errc kind, std::string code, std::string text) {
    ServerReply reply;
    reply.enhanced = std::move(code);
    return fail(kind, std::move(text), std::move(reply));
}

Result<Command> parse_select(CommandReader& in, const ParseContext& context) {
    return parse_select_or_examine(in, context, false);
}

Result<Command> parse_examine(CommandReader& in, const ParseContext& context) {
    return parse_select_or_examine(in, context, true);
}

// create = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
Result<Command> parse_create(CommandReader& in, const ParseContext& context) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    Create out{std::move(*mailbox), {}};
    // A trailing separator says that names below will follow, and is no part of the name (RFC 9051 section 6.3.4).
    if (out.mailbox.size() > 1 && out.mailbox.back() == '/') out.mailbox.pop_back();
    if (in.take(' ')) {
        const auto read = parse_parenthesised(in, "create-param", false,
                                              [&] { return parse_create_parameter(in, context, out); });
        if (!read) return tl::unexpected(read.error());
    }
    return finish(in, std::move(out));
}

Result<Command> parse_delete(CommandReader& in, const ParseContext&) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    return finish(in, Delete{std::move(*mailbox)});
}

Result<Command> parse_rename(CommandReader& in, const ParseContext&) {
    auto from = mailbox_argument(in);
    if (!from) return tl::unexpected(from.error());
    auto to = mailbox_argument(in);
    if (!to) return tl::unexpected(to.error());
    return finish(in, Rename{std::move(*from), std::move(*to)});
}

Result<Command> parse_subscribe(CommandReader& in, const ParseContext&) {
    return parse_subscription(in, true);
}

Result<Command> parse_unsubscribe(CommandReader& in, const ParseContext&) {
    return parse_subscription(in, false);
}

// status-att-list = status-att *(SP status-att)
Result<std::vector<StatusItem>> parse_status_items(CommandReader& in, const ParseContext& context) {
    std::vector<StatusItem> out;
    const auto read = parse_parenthesised(in, "\"(\" of status-att", false, [&]() -> Result<void> {
        const auto name = in.keyword("status-att");
        if (!name) return tl::unexpected(name.error());
        for (const StatusEntry& entry : kStatusItems) {
            if (entry.name != *name) continue;
            if (!entry.capability.empty() && !context.offers(entry.capability)) break;
            if (entry.item == StatusItem::recent && context.rev2) break;
            out.push_back(entry.item);
            return {};
        }
        return fail(Errc::protocol, "status-att is not known");
    });
    if (!read) return tl::unexpected(read.error());
    return out;
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
Result<Command> parse_status(CommandReader& in, const ParseContext& context) {
    Status out;
    Result<void> error;
    if (!read_into(mailbox_argument(in), out.mailbox, error)) return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    if (!read_into(parse_status_items(in, context), out.items, error)) return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

Result<Command> parse_namespace(CommandReader& in, const ParseContext&) {
    return finish(in, Namespace{});
}

}  // namespace mailpipe::imap::server
