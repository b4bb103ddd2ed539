#include <utility>

#include "mailpipe/imap/server/parse_command.hpp"

namespace mailpipe::imap::server {
namespace {

// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"        (RFC 9051 section 9)
Result<void> parse_selection(CommandReader& in, const ParseContext& context, List& out) {
    auto read = parse_parenthesised(in, "list-select-opts", true, [&]() -> Result<void> {
        const auto name = in.keyword("list-select-opt");
        if (!name) return tl::unexpected(name.error());
        if (*name == "SUBSCRIBED") {
            out.only_subscribed = true;
        } else if (*name == "REMOTE") {
            out.remote = true;
        } else if (*name == "RECURSIVEMATCH") {
            out.recursive_match = true;
        } else if (*name == "SPECIAL-USE" && context.offers("SPECIAL-USE")) {
            out.only_special_use = true;
        } else {
            return fail(Errc::protocol, "list-select-opt is not known");
        }
        return {};
    });
    if (read && out.recursive_match && !out.only_subscribed && !out.only_special_use) {
        return fail(Errc::protocol, "RECURSIVEMATCH needs an option that selects");
    }
    return read;
}

// return-option = "SUBSCRIBED" / "CHILDREN" / "STATUS" SP "(" ... ")" / ...
Result<void> parse_return_option(CommandReader& in, const ParseContext& context, List& out) {
    const auto name = in.keyword("return-option");
    if (!name) return tl::unexpected(name.error());
    Result<void> error;
    if (*name == "SUBSCRIBED") {
        out.subscribed = true;
    } else if (*name == "CHILDREN") {
        out.children = true;
    } else if (*name == "SPECIAL-USE" && context.offers("SPECIAL-USE")) {
        out.special_use = true;
    } else if (*name == "MYRIGHTS" && context.offers("LIST-MYRIGHTS")) {
        out.my_rights = true;
    } else if (*name == "STATUS" && context.offers("LIST-STATUS")) {
        error = in.space();
        if (error) read_into(parse_status_items(in, context), out.status, error);
    } else if (*name == "METADATA" && context.offers("LIST-METADATA")) {
        error = in.space();
        if (error) read_into(parse_metadata_entries(in), out.metadata, error);
    } else {
        return fail(Errc::protocol, "return-option is not known");
    }
    return error;
}

// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
Result<void> parse_patterns(CommandReader& in, bool extended, List& out) {
    const auto one = [&]() -> Result<void> {
        auto pattern = in.list_pattern();
        if (!pattern) return tl::unexpected(pattern.error());
        out.patterns.push_back(std::move(*pattern));
        return {};
    };
    if (!extended || in.rest().substr(0, 1) != "(") return one();
    out.extended = true;
    return parse_parenthesised(in, "patterns", false, one);
}

Result<void> parse_list_arguments(CommandReader& in, const ParseContext& context, List& out) {
    const bool extended = !out.is_lsub && context.offers("LIST-EXTENDED");
    auto read = in.space();
    if (read && extended && in.rest().substr(0, 1) == "(") {
        out.extended = true;
        read = parse_selection(in, context, out);
        if (read) read = in.space();
    }
    if (!read) return read;
    if (!read_into(in.mailbox_or_empty(), out.reference, read)) return read;
    read = in.space();
    if (read) read = parse_patterns(in, extended, out);
    if (!read || !extended || !in.take(' ')) return read;
    out.extended = true;
    if (!in.take_word("RETURN")) return in.expected("RETURN");
    read = in.space();
    if (!read) return read;
    return parse_parenthesised(in, "list-return-opts", true,
                               [&] { return parse_return_option(in, context, out); });
}

}  // namespace

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
Result<Command> parse_list(CommandReader& in, const ParseContext& context) {
    List out;
    if (const auto read = parse_list_arguments(in, context, out); !read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

// lsub = "LSUB" SP mailbox SP list-mailbox (RFC 3501 section 9)
Result<Command> parse_lsub(CommandReader& in, const ParseContext& context) {
    List out;
    out.is_lsub = true;
    if (const auto read = parse_list_arguments(in, context, out); !read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server
