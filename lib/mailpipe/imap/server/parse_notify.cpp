#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

// RFC 5465 section 8.
namespace mailpipe::imap::server {
namespace {

using Kind = MailboxFilter::Kind;

struct FilterName {
    std::string_view name;
    Kind kind;
    bool has_mailboxes;
};
constexpr auto kFilters = std::to_array<FilterName>({
    {"SELECTED", Kind::selected, false},
    {"SELECTED-DELAYED", Kind::selected_delayed, false},
    {"INBOXES", Kind::inboxes, false},
    {"PERSONAL", Kind::personal, false},
    {"SUBSCRIBED", Kind::subscribed, false},
    {"SUBTREE", Kind::subtree, true},
    {"SUBTREE-ONE", Kind::subtree_one, true},
    {"MAILBOXES", Kind::mailboxes, true},
});

struct EventName {
    std::string_view name;
    bool Notify::Group::*member;
    bool of_messages;
};
constexpr auto kEvents = std::to_array<EventName>({
    {"MESSAGENEW", &Notify::Group::message_new, true},
    {"MESSAGEEXPUNGE", &Notify::Group::message_expunge, true},
    {"FLAGCHANGE", &Notify::Group::flag_change, true},
    {"MAILBOXNAME", &Notify::Group::mailbox_name, false},
    {"SUBSCRIPTIONCHANGE", &Notify::Group::subscription_change, false},
    {"MAILBOXMETADATACHANGE", &Notify::Group::mailbox_metadata_change, false},
    {"SERVERMETADATACHANGE", &Notify::Group::server_metadata_change, false},
});

bool is_selected(const MailboxFilter& filter) {
    return filter.kind == Kind::selected || filter.kind == Kind::selected_delayed;
}

// AnnotationChange is of RFC 5257, which this server has not: BADEVENT (RFC 5465 section 7).
Fail unknown_event() {
    return fail_with_code(Errc::unsupported,
                          "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange "
                          "MailboxMetadataChange ServerMetadataChange)",
                          "event is not supported");
}

// event = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / "MessageExpunge" / ...
Result<void> parse_event(CommandReader& in, const ParseContext& context, Notify::Group& group) {
    const auto name = in.keyword("event");
    if (!name) return tl::unexpected(name.error());
    for (const EventName& event : kEvents) {
        if (event.name != *name) continue;
        if (is_selected(group.filter) && !event.of_messages)
            return fail(Errc::protocol, "event of mailboxes for the selected mailbox");
        group.*event.member = true;
        const bool attributes =
            event.member == &Notify::Group::message_new && ascii::starts_with_ignore_case(in.rest(), " (");
        if (!attributes) return {};
        if (!is_selected(group.filter))
            return fail(Errc::protocol, "fetch-att for other mailboxes than the selected");
        if (auto space = in.space(); !space) return space;
        Result<void> read;
        read_into(parse_fetch_items(in, context, false), group.fetch, read);
        return read;
    }
    return unknown_event();
}

// event-group = "(" filter-mailboxes SP events ")"        events = "(" event *(SP event) ")" / "NONE"
Result<void> parse_group(CommandReader& in, const ParseContext& context, Notify::Group& group) {
    Result<void> read = in.expect('(', "event-group");
    if (!read || !read_into(parse_mailbox_filter(in), group.filter, read)) return read;
    if (read = in.space(); !read) return read;
    if (!in.take_word("NONE")) {
        read = parse_parenthesised(in, "events", false, [&] { return parse_event(in, context, group); });
        if (!read) return read;
        // Message numbers make no sense to who knows of one and not of the other (section 5).
        if (group.message_new != group.message_expunge)
            return fail(Errc::protocol, "MessageNew and MessageExpunge go together");
        if (group.flag_change && !group.message_new)
            return fail(Errc::protocol, "FlagChange without MessageNew");
    }
    return in.expect(')', "\")\" of event-group");
}

Result<void> parse_groups(CommandReader& in, const ParseContext& context, Notify& out) {
    do {
        Notify::Group group;
        if (auto read = parse_group(in, context, group); !read) return read;
        out.groups.push_back(std::move(group));
    } while (in.take(' '));
    return {};
}

}  // namespace

// filter-mailboxes = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
//                    ("subtree" / "subtree-one" / "mailboxes") SP (mailbox / "(" mailbox *(SP mailbox) ")")
Result<MailboxFilter> parse_mailbox_filter(CommandReader& in) {
    const auto name = in.keyword("filter-mailboxes");
    if (!name) return tl::unexpected(name.error());
    MailboxFilter out;
    const auto one = [&]() -> Result<void> {
        auto mailbox = in.mailbox();
        if (!mailbox) return tl::unexpected(mailbox.error());
        out.mailboxes.push_back(std::move(*mailbox));
        return {};
    };
    for (const FilterName& filter : kFilters) {
        if (filter.name != *name) continue;
        out.kind = filter.kind;
        if (!filter.has_mailboxes) return out;
        auto read = in.space();
        if (read)
            read = in.rest().substr(0, 1) == "(" ? parse_parenthesised(in, "mailboxes", false, one) : one();
        if (!read) return tl::unexpected(read.error());
        return out;
    }
    return fail(Errc::protocol, "filter-mailboxes is not known");
}

// notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-group *(SP event-group) / "NONE")
Result<Command> parse_notify(CommandReader& in, const ParseContext& context) {
    Notify out;
    auto read = in.space();
    if (!read) return tl::unexpected(read.error());
    if (in.take_word("NONE")) {
        out.none = true;
        return finish(in, std::move(out));
    }
    if (!in.take_word("SET")) return in.expected("SET or NONE");
    read = in.space();
    if (read && in.take_word("STATUS")) {
        out.status = true;
        read = in.space();
    }
    if (read) read = parse_groups(in, context, out);
    if (!read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server
