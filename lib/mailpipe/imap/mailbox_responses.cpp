#include "mailpipe/imap/mailbox_responses.hpp"

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/modified_utf7.hpp"

namespace mailpipe::imap {
namespace {

// astring = 1*ASTRING-CHAR / string
Result<std::string> parse_astring(Tokens& tokens, std::string_view rule) {
    const std::string_view rest = tokens.rest();
    if (rest.starts_with('"') || rest.starts_with('{')) {
        auto text = tokens.nstring(rule);
        if (!text) return tl::unexpected(text.error());
        return std::move(text->text);
    }
    const auto atom = tokens.atom(rule);
    if (!atom) return tl::unexpected(atom.error());
    return std::string(*atom);
}

struct Name {
    std::string text;
    bool is_decoded = true;
};

Result<Name> parse_mailbox(Tokens& tokens, NameForm form = NameForm::utf7) {
    auto raw = parse_astring(tokens, "mailbox");
    if (!raw) return tl::unexpected(raw.error());
    if (ascii::equals_ignore_case(*raw, "INBOX")) return Name{"INBOX", true};
    if (form == NameForm::utf8) {
        const bool valid = is_utf8(*raw);
        return Name{std::move(*raw), valid};
    }
    auto decoded = decode_mailbox_name(*raw);
    if (!decoded) return Name{std::move(*raw), false};
    return Name{std::move(*decoded), true};
}

Result<void> expect_space(Tokens& tokens) {
    return tokens.expect(' ', "SP");
}

std::optional<std::uint64_t>* place_of(MailboxStatus& status, std::string_view item) {
    if (ascii::equals_ignore_case(item, "MESSAGES")) return &status.messages;
    if (ascii::equals_ignore_case(item, "UNSEEN")) return &status.unseen;
    if (ascii::equals_ignore_case(item, "UIDNEXT")) return &status.uid_next;
    if (ascii::equals_ignore_case(item, "UIDVALIDITY")) return &status.uid_validity;
    if (ascii::equals_ignore_case(item, "SIZE")) return &status.size;
    if (ascii::equals_ignore_case(item, "HIGHESTMODSEQ")) return &status.highest_modseq;
    return nullptr;
}

}  // namespace

Result<ListedMailbox> parse_list(Tokens& tokens, NameForm form) {
    ListedMailbox out;
    if (auto open = tokens.expect('(', "mbx-list-flags"); !open) return tl::unexpected(open.error());
    while (!tokens.take(')')) {
        if (tokens.take(' ')) continue;
        const auto attribute = tokens.atom("mbx-list-flag");
        if (!attribute) return tl::unexpected(attribute.error());
        out.attributes.emplace_back(*attribute);
    }
    if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
    auto delimiter = tokens.nstring("hierarchy delimiter");
    if (!delimiter) return tl::unexpected(delimiter.error());
    out.delimiter = std::move(delimiter->text);
    if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
    auto name = parse_mailbox(tokens, form);
    if (!name) return tl::unexpected(name.error());
    out.name = std::move(name->text);
    out.is_addressable = name->is_decoded;
    return out;
}

Result<MailboxStatus> parse_status(Tokens& tokens, NameForm form) {
    MailboxStatus out;
    auto name = parse_mailbox(tokens, form);
    if (!name) return tl::unexpected(name.error());
    out.name = std::move(name->text);
    if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
    if (auto open = tokens.expect('(', "status-att-list"); !open) return tl::unexpected(open.error());
    while (!tokens.take(')')) {
        if (tokens.take(' ')) continue;
        const auto item = tokens.atom("status-att");
        if (!item) return tl::unexpected(item.error());
        if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
        if (auto* place = place_of(out, *item)) {
            const auto number = tokens.number64("status-att number");
            if (!number) return tl::unexpected(number.error());
            *place = *number;
        } else if (auto skipped = tokens.skip_value(); !skipped) {
            return tl::unexpected(skipped.error());
        }
    }
    return out;
}

Result<QuotaRoots> parse_quota_roots(Tokens& tokens) {
    QuotaRoots out;
    auto name = parse_mailbox(tokens);
    if (!name) return tl::unexpected(name.error());
    out.mailbox = std::move(name->text);
    while (tokens.take(' ')) {
        if (tokens.at_end()) break;
        auto root = parse_astring(tokens, "quota-root-name");
        if (!root) return tl::unexpected(root.error());
        out.roots.push_back(std::move(*root));
    }
    return out;
}

Result<Quota> parse_quota(Tokens& tokens) {
    Quota out;
    auto root = parse_astring(tokens, "quota-root-name");
    if (!root) return tl::unexpected(root.error());
    out.root = std::move(*root);
    // Courier leaves the list of a root without limits out.
    if (tokens.at_end()) return out;
    if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
    if (auto open = tokens.expect('(', "quota-list"); !open) return tl::unexpected(open.error());
    while (!tokens.take(')')) {
        if (tokens.take(' ')) continue;
        const auto resource = tokens.atom("resource-name");
        if (!resource) return tl::unexpected(resource.error());
        Quota::Resource one;
        one.name = ascii::to_upper(*resource);
        for (std::uint64_t* number : {&one.used, &one.limit}) {
            if (auto space = expect_space(tokens); !space) return tl::unexpected(space.error());
            const auto value = tokens.number64("quota number");
            if (!value) return tl::unexpected(value.error());
            *number = *value;
        }
        out.resources.push_back(std::move(one));
    }
    return out;
}

}  // namespace mailpipe::imap
