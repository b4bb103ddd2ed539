#include <algorithm>

#include "mailpipe/app/list/mailboxes.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/imap/modified_utf7.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_tree.hpp"

namespace mailpipe::app {
namespace {

// What the list of its messages says. The size is that of all when each name tells it; nothing is read for it.
Result<void> count_messages(const Location& location, Mailbox& mailbox) {
    auto store = LocalStore::open(location);
    if (!store) return tl::unexpected(store.error());
    const auto entries = store->reader().list();
    if (!entries) return tl::unexpected(entries.error());
    std::uint64_t unread = 0;
    std::uint64_t size = 0;
    bool all_sizes = true;
    for (const store::Entry entry : *entries) {
        const auto& keywords = entry.keywords;
        if (std::find(keywords.begin(), keywords.end(), "$seen") == keywords.end()) ++unread;
        if (entry.size) size += *entry.size;
        all_sizes = all_sizes && entry.size.has_value();
    }
    mailbox.total = entries->size();
    mailbox.unread = unread;
    if (all_sizes) mailbox.size = size;
    return {};
}

}  // namespace

std::vector<std::string> folder_levels(std::vector<std::string> levels) {
    if (levels.empty()) return {"INBOX"};
    for (std::string& level : levels) {
        if (auto decoded = imap::decode_mailbox_name(level)) level = std::move(*decoded);
    }
    return levels;
}

Result<std::vector<Mailbox>> mailboxes_of_store(const Location& location, bool recursive,
                                                Diagnostics& diagnostics) {
    std::vector<Mailbox> mailboxes;
    if (location.scheme == Scheme::mbox) {
        Mailbox& mailbox = mailboxes.emplace_back();
        mailbox.levels = {store::split_path(location.path).second};
        mailbox.ref = encode(location);
        if (auto counted = count_messages(location, mailbox); !counted) return tl::unexpected(counted.error());
        return mailboxes;
    }
    auto folders = store::find_maildirs(location.path, recursive);
    if (!folders) return tl::unexpected(folders.error());
    for (store::MaildirFolder& folder : *folders) {
        Mailbox& mailbox = mailboxes.emplace_back();
        Location place = location;
        place.path = folder.path;
        mailbox.ref = encode(place);
        mailbox.levels = folder_levels(std::move(folder.levels));
        if (mailbox.levels.front() == "INBOX" && mailbox.levels.size() == 1) mailbox.role = "inbox";
        if (const auto counted = count_messages(place, mailbox); !counted)
            diagnostics.error(mailbox.ref, counted.error());
    }
    return mailboxes;
}

}  // namespace mailpipe::app
