#include <utility>

#include "mailpipe/imap/server/parse_command.hpp"

// RFC 9208 section 6.
namespace mailpipe::imap::server {

// getquota = "GETQUOTA" SP quota-root-name        quota-root-name = astring
Result<Command> parse_getquota(CommandReader& in, const ParseContext&) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    auto root = in.astring("quota-root-name");
    if (!root) return tl::unexpected(root.error());
    return finish(in, GetQuota{std::move(*root)});
}

Result<Command> parse_getquotaroot(CommandReader& in, const ParseContext&) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    auto mailbox = in.mailbox();
    if (!mailbox) return tl::unexpected(mailbox.error());
    return finish(in, GetQuotaRoot{std::move(*mailbox)});
}

// setquota = "SETQUOTA" SP quota-root-name SP "(" [resource-name SP number64 *(SP ...)] ")"
Result<Command> parse_setquota(CommandReader& in, const ParseContext&) {
    SetQuota out;
    Result<void> error = in.space();
    if (!error || !read_into(in.astring("quota-root-name"), out.root, error))
        return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    error = parse_parenthesised(in, "setquota-list", true, [&]() -> Result<void> {
        auto name = in.keyword("resource-name");
        if (!name) return tl::unexpected(name.error());
        if (auto space = in.space(); !space) return space;
        const auto limit = in.number64("resource-limit");
        if (!limit) return tl::unexpected(limit.error());
        out.limits.emplace_back(std::move(*name), *limit);
        return {};
    });
    if (!error) return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server
