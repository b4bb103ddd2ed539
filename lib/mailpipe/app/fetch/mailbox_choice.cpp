#include "mailpipe/app/fetch/mailbox_choice.hpp"

#include <algorithm>

#include "mailpipe/app/list/mailboxes.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

bool matches_from(std::string_view pattern, std::string_view name, std::string_view delimiter) {
    // Which prefixes of the name the pattern so far matches: a pattern of many wildcards costs no more than its
    // length times the name's.
    std::vector<bool> reachable(name.size() + 1, false);
    reachable[0] = true;
    for (const char c : pattern) {
        std::vector<bool> next(name.size() + 1, false);
        for (std::size_t i = 0; i <= name.size(); ++i) {
            if (c == '*' || c == '%') {
                const bool from_before =
                    i > 0 && next[i - 1] && (c == '*' || delimiter.find(name[i - 1]) == std::string_view::npos);
                next[i] = reachable[i] || from_before;
            } else {
                next[i] = i > 0 && reachable[i - 1] && name[i - 1] == c;
            }
        }
        reachable = std::move(next);
    }
    return reachable[name.size()];
}

}  // namespace

bool matches_mailbox_pattern(std::string_view pattern, std::string_view name, std::string_view delimiter) {
    if (ascii::equals_ignore_case(name, "INBOX"))
        return matches_from(ascii::to_upper(pattern), "INBOX", delimiter);
    return matches_from(pattern, name, delimiter);
}

Result<std::vector<ChosenMailbox>> choose_mailboxes(ImapClient& client, const Selection& selection) {
    auto mailboxes = names_of_imap(client);
    if (!mailboxes) return tl::unexpected(mailboxes.error());
    sort_mailboxes(*mailboxes);
    const bool told = std::any_of(mailboxes->begin(), mailboxes->end(),
                                  [](const Mailbox& mailbox) { return mailbox.subscribed.has_value(); });
    if (selection.subscribed && !told && !mailboxes->empty())
        return fail(Errc::unsupported,
                    "the server does not say which mailboxes are subscribed (LIST-EXTENDED)");
    std::vector<ChosenMailbox> chosen;
    for (const Mailbox& mailbox : *mailboxes) {
        if (mailbox.ref.empty()) continue;
        auto location = parse_location(mailbox.ref);
        // A name that no location can hold keeps no other mailbox from being fetched.
        if (!location) continue;
        const auto named = [&](const std::string& pattern) {
            return matches_mailbox_pattern(pattern, location->mailbox, mailbox.delimiter);
        };
        const auto used = [&mailbox](const std::string& use) {
            return ascii::equals_ignore_case(use, mailbox.role);
        };
        const bool wanted = (selection.mailboxes.empty() ||
                             std::any_of(selection.mailboxes.begin(), selection.mailboxes.end(), named)) &&
                            (selection.special_use.empty() ||
                             std::any_of(selection.special_use.begin(), selection.special_use.end(), used)) &&
                            (!selection.subscribed || mailbox.subscribed.value_or(false));
        if (wanted) chosen.push_back({std::move(*location), mailbox.delimiter});
    }
    if (chosen.empty())
        return fail(Errc::not_found, "no mailbox is what --mailboxes, --special-use or --subscribed ask for");
    return chosen;
}

}  // namespace mailpipe::app
