#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

namespace mailpipe::imap::server {
namespace {

// store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" (RFC 7162 section 7)
Result<void> parse_store_modifier(CommandReader& in, const ParseContext& context, Store& out) {
    return parse_parenthesised(in, "store-modifiers", false, [&]() -> Result<void> {
        if (!context.offers("CONDSTORE") || !in.take_word("UNCHANGEDSINCE"))
            return in.expected("store-modifier");
        if (auto space = in.space(); !space) return space;
        const auto modseq = in.number64("mod-sequence-valzer");
        if (!modseq) return tl::unexpected(modseq.error());
        out.unchanged_since = *modseq;
        return {};
    });
}

// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
Result<void> parse_store_flags(CommandReader& in, Store& out) {
    if (in.take('+')) {
        out.mode = Store::Mode::add;
    } else if (in.take('-')) {
        out.mode = Store::Mode::remove;
    }
    const auto name = in.keyword("store-att-flags");
    if (!name) return tl::unexpected(name.error());
    if (*name != "FLAGS" && *name != "FLAGS.SILENT") return in.expected("store-att-flags");
    out.silent = *name == "FLAGS.SILENT";
    Result<void> read = in.space();
    if (!read) return read;
    if (in.rest().substr(0, 1) == "(") {
        read_into(in.flag_list(), out.flags, read);
        return read;
    }
    do {
        auto flag = in.flag();
        if (!flag) return tl::unexpected(flag.error());
        out.flags.push_back(std::move(*flag));
    } while (in.take(' '));
    return {};
}

Result<Command> parse_copy_or_move(CommandReader& in, const ParseContext& context, bool move) {
    Copy out;
    out.uid = context.uid;
    out.move = move;
    Result<void> error;
    if (!read_into(parse_set(in, context), out.set, error)) return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    if (!read_into(in.mailbox(), out.mailbox, error)) return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

}  // namespace

Result<NumberSet> parse_set(CommandReader& in, const ParseContext& context) {
    if (!context.uid && context.uid_only)
        return fail_with_code(Errc::protocol, "UIDREQUIRED",
                              "message numbers are not used, UIDONLY is enabled");
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    auto set = in.sequence_set();
    if (set && set->is_saved_result() && !context.offers("SEARCHRES"))
        return fail(Errc::protocol, "\"$\" is not available");
    return set;
}

Result<Command> parse_noop(CommandReader& in, const ParseContext&) {
    return finish(in, Noop{});
}

Result<Command> parse_close(CommandReader& in, const ParseContext&) {
    return finish(in, Close{});
}

Result<Command> parse_unselect(CommandReader& in, const ParseContext&) {
    return finish(in, Unselect{});
}

// expunge = "EXPUNGE"        uid-expunge = "UID" SP "EXPUNGE" SP sequence-set (RFC 4315 section 4)
Result<Command> parse_expunge(CommandReader& in, const ParseContext& context) {
    Expunge out;
    if (context.uid) {
        if (!context.offers("UIDPLUS")) return fail(Errc::protocol, "UID EXPUNGE is not available");
        auto set = parse_set(in, context);
        if (!set) return tl::unexpected(set.error());
        out.uids = std::move(*set);
    }
    return finish(in, std::move(out));
}

// store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
Result<Command> parse_store(CommandReader& in, const ParseContext& context) {
    Store out;
    out.uid = context.uid;
    Result<void> error;
    if (!read_into(parse_set(in, context), out.set, error)) return tl::unexpected(error.error());
    error = in.space();
    if (error && in.rest().substr(0, 1) == "(") {
        error = parse_store_modifier(in, context, out);
        if (error) error = in.space();
    }
    if (error) error = parse_store_flags(in, out);
    if (!error) return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

Result<Command> parse_copy(CommandReader& in, const ParseContext& context) {
    return parse_copy_or_move(in, context, false);
}

Result<Command> parse_move(CommandReader& in, const ParseContext& context) {
    return parse_copy_or_move(in, context, true);
}

}  // namespace mailpipe::imap::server
