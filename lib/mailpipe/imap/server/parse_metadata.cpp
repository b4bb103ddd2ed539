#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

// RFC 5464 section 5.
namespace mailpipe::imap::server {
namespace {

// entry = astring: "/" and components of printable ASCII, none empty, no wildcards (section 3.2).
Result<std::string> parse_entry(CommandReader& in) {
    auto entry = in.astring("entry");
    if (!entry) return entry;
    const bool valid = entry->size() > 1 && entry->front() == '/' && entry->back() != '/' &&
                       entry->find("//") == std::string::npos &&
                       std::all_of(entry->begin(), entry->end(),
                                   [](char c) { return c >= 0x20 && c < 0x7F && c != '*' && c != '%'; });
    if (!valid) return in.expected("entry such as /private/comment");
    return ascii::to_lower(*entry);
}

// getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
Result<void> parse_option(CommandReader& in, GetMetadata& out) {
    const auto name = in.keyword("getmetadata-option");
    if (!name) return tl::unexpected(name.error());
    if (auto space = in.space(); !space) return space;
    if (*name == "MAXSIZE") {
        const auto size = in.number64("MAXSIZE");
        if (!size) return tl::unexpected(size.error());
        out.max_size = *size;
        return {};
    }
    if (*name != "DEPTH") return fail(Errc::protocol, "getmetadata-option is not known");
    if (in.take_word("infinity")) {
        out.depth = GetMetadata::kInfinity;
    } else if (in.take_word("0")) {
        out.depth = 0;
    } else if (in.take_word("1")) {
        out.depth = 1;
    } else {
        return in.expected("0, 1 or infinity");
    }
    return {};
}

Result<void> parse_options(CommandReader& in, GetMetadata& out) {
    auto read = parse_parenthesised(in, "getmetadata-options", false, [&] { return parse_option(in, out); });
    return read ? in.space() : read;
}

bool options_follow(const CommandReader& in) {
    const std::string_view rest = in.rest();
    return ascii::starts_with_ignore_case(rest, "(MAXSIZE ") || ascii::starts_with_ignore_case(rest, "(DEPTH ");
}

Result<void> check_offered(const ParseContext& context, std::string_view mailbox) {
    if (context.offers("METADATA") || (mailbox.empty() && context.offers("METADATA-SERVER"))) return {};
    return fail(Errc::protocol, "METADATA is not available");
}

}  // namespace

Result<std::vector<std::string>> parse_metadata_entries(CommandReader& in) {
    std::vector<std::string> out;
    const auto one = [&]() -> Result<void> {
        auto entry = parse_entry(in);
        if (!entry) return tl::unexpected(entry.error());
        out.push_back(std::move(*entry));
        return {};
    };
    const auto read = in.rest().substr(0, 1) == "(" ? parse_parenthesised(in, "entries", false, one) : one();
    if (!read) return tl::unexpected(read.error());
    return out;
}

// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries; the RFC's own examples have the options behind
// the mailbox.
Result<Command> parse_getmetadata(CommandReader& in, const ParseContext& context) {
    GetMetadata out;
    Result<void> error = in.space();
    if (error && options_follow(in)) error = parse_options(in, out);
    if (!error || !read_into(in.mailbox_or_empty(), out.mailbox, error)) return tl::unexpected(error.error());
    if (error = check_offered(context, out.mailbox); !error) return tl::unexpected(error.error());
    error = in.space();
    if (error && options_follow(in)) error = parse_options(in, out);
    if (!error || !read_into(parse_metadata_entries(in), out.entries, error))
        return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

// setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"    value = nstring / literal8
Result<Command> parse_setmetadata(CommandReader& in, const ParseContext& context) {
    SetMetadata out;
    Result<void> error = in.space();
    if (!error || !read_into(in.mailbox_or_empty(), out.mailbox, error)) return tl::unexpected(error.error());
    if (error = check_offered(context, out.mailbox); !error) return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    error = parse_parenthesised(in, "entry-values", false, [&]() -> Result<void> {
        auto entry = parse_entry(in);
        if (!entry) return tl::unexpected(entry.error());
        if (auto space = in.space(); !space) return space;
        auto value = in.nstring("value", true);
        if (!value) return tl::unexpected(value.error());
        out.entries.emplace_back(std::move(*entry), std::move(*value));
        return {};
    });
    if (!error) return tl::unexpected(error.error());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server
