#include "mailpipe/app/serve/imap/mailbox_filter.hpp"

#include <algorithm>

namespace mailpipe::app::serve {
namespace {

using Filter = imap::server::MailboxFilter::Kind;

bool is_below(const std::string& name, const std::string& parent) {
    return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '/';
}

bool is_one_below(const std::string& name, const std::string& parent) {
    return is_below(name, parent) && name.find('/', parent.size() + 1) == std::string::npos;
}

}  // namespace

bool is_in(const imap::server::MailboxFilter& filter, const std::string& name,
           const std::set<std::string>& subscribed) {
    const auto any = [&](const auto& test) {
        return std::any_of(filter.mailboxes.begin(), filter.mailboxes.end(), test);
    };
    switch (filter.kind) {
        case Filter::selected:
        case Filter::selected_delayed:
            return false;
        case Filter::inboxes:
            return name == "INBOX";
        case Filter::personal:
            return true;
        case Filter::subscribed:
            return subscribed.contains(name);
        case Filter::subtree:
            return any([&](const std::string& parent) { return name == parent || is_below(name, parent); });
        case Filter::subtree_one:
            return any([&](const std::string& parent) { return name == parent || is_one_below(name, parent); });
        case Filter::mailboxes:
            return any([&](const std::string& one) { return name == one; });
    }
    return false;
}

std::set<std::string> subscriptions(index::Account& account) {
    std::set<std::string> names;
    if (auto all = account.mailboxes())
        for (const index::MailboxInfo& info : *all)
            if (info.subscribed) names.insert(info.name);
    return names;
}

}  // namespace mailpipe::app::serve
