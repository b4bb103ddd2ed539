#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

// RFC 4314 section 7.
namespace mailpipe::imap::server {
namespace {

Result<std::string> mailbox_argument(CommandReader& in) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    return in.mailbox();
}

// identifier = astring: a name that goes into files and responses.
Result<std::string> identifier_argument(CommandReader& in) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    auto name = in.astring("identifier");
    if (!name) return name;
    const bool plain =
        !name->empty() && is_utf8(*name) && std::none_of(name->begin(), name->end(), ascii::is_control);
    if (!plain) return in.expected("identifier in UTF-8");
    return name;
}

}  // namespace

Result<Command> parse_getacl(CommandReader& in, const ParseContext&) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    return finish(in, GetAcl{std::move(*mailbox)});
}

// setacl = "SETACL" SP mailbox SP identifier SP mod-rights        mod-rights = astring ; +rights, -rights or rights
Result<Command> parse_setacl(CommandReader& in, const ParseContext&) {
    SetAcl out;
    Result<void> error;
    if (!read_into(mailbox_argument(in), out.mailbox, error)) return tl::unexpected(error.error());
    if (!read_into(identifier_argument(in), out.identifier, error)) return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    if (!read_into(in.astring("mod-rights"), out.rights, error)) return tl::unexpected(error.error());
    if (out.rights.starts_with('+') || out.rights.starts_with('-')) {
        out.mode = out.rights[0] == '+' ? SetAcl::Mode::add : SetAcl::Mode::remove;
        out.rights.erase(0, 1);
    }
    if (!std::all_of(out.rights.begin(), out.rights.end(),
                     [](char c) { return ascii::is_lower(c) || ascii::is_digit(c); })) {
        return in.expected("rights in lower case");
    }
    return finish(in, std::move(out));
}

Result<Command> parse_deleteacl(CommandReader& in, const ParseContext&) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    auto identifier = identifier_argument(in);
    if (!identifier) return tl::unexpected(identifier.error());
    return finish(in, DeleteAcl{std::move(*mailbox), std::move(*identifier)});
}

Result<Command> parse_listrights(CommandReader& in, const ParseContext&) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    auto identifier = identifier_argument(in);
    if (!identifier) return tl::unexpected(identifier.error());
    return finish(in, ListRights{std::move(*mailbox), std::move(*identifier)});
}

Result<Command> parse_myrights(CommandReader& in, const ParseContext&) {
    auto mailbox = mailbox_argument(in);
    if (!mailbox) return tl::unexpected(mailbox.error());
    return finish(in, MyRights{std::move(*mailbox)});
}

}  // namespace mailpipe::imap::server
