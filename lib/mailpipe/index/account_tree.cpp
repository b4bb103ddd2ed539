#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "mailpipe/index/account_impl.hpp"
#include "mailpipe/index/folder_name.hpp"
#include "mailpipe/index/object_id.hpp"

namespace mailpipe::index {
namespace {

// INBOX and what is below it first.
bool comes_before(const std::string& a, const std::string& b) {
    const bool a_inbox = a == "INBOX", b_inbox = b == "INBOX";
    return a_inbox != b_inbox ? a_inbox : a < b;
}

std::string target_of(const std::string& directory, const std::string& from, const std::string& to) {
    return to + directory.substr(from.size());
}

Result<std::vector<std::string>> read_subscriptions(Database& database) {
    auto query = database.query("SELECT name FROM subscription");
    if (!query) return tl::unexpected(query.error());
    query->start();
    std::vector<std::string> names;
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return names;
        names.emplace_back(query->text(0));
    }
}

}  // namespace

Result<std::vector<MailboxInfo>> AccountImpl::mailboxes() {
    const std::lock_guard lock(tree_mutex_);
    auto there = directories();
    if (!there) return tl::unexpected(there.error());
    std::vector<std::string> subscribed;
    std::map<std::string, std::vector<std::string>> special_use;
    auto read = core_->read([&](Database& database) -> Result<void> {
        auto names = read_subscriptions(database);
        if (!names) return tl::unexpected(names.error());
        subscribed = std::move(*names);
        auto rows = read_mailbox_rows(database);
        if (!rows) return tl::unexpected(rows.error());
        for (MailboxRow& row : *rows)
            special_use[row.directory] = std::move(row.special_use);
        return {};
    });
    if (!read) return tl::unexpected(read.error());
    std::map<std::string, MailboxInfo> infos;
    const auto info_of = [&infos](const std::string& name) -> MailboxInfo& {
        auto& info = infos[name];
        if (!info.name.empty()) return info;
        info.name = name;
        info.exists = false;
        return info;
    };
    for (const std::string& directory : *there) {
        const std::string name = *name_of(directory);
        MailboxInfo& info = info_of(name);
        info.exists = true;
        info.special_use = special_use[directory];
        for (std::size_t at = name.rfind('/'); at != std::string::npos && at > 0; at = name.rfind('/', at - 1))
            info_of(name.substr(0, at)).has_children = true;
    }
    for (const std::string& name : subscribed)
        info_of(name).subscribed = true;
    std::vector<MailboxInfo> sorted;
    sorted.reserve(infos.size());
    for (auto& each : infos)
        sorted.push_back(std::move(each.second));
    std::sort(sorted.begin(), sorted.end(),
              [](const MailboxInfo& a, const MailboxInfo& b) { return comes_before(a.name, b.name); });
    return sorted;
}

Result<void> AccountImpl::create(const std::string& name, const std::vector<std::string>& special_use) {
    {
        const std::lock_guard lock(tree_mutex_);
        auto directory = directory_of(name);
        if (!directory) return tl::unexpected(directory.error());
        if (find(name)) return fail(Errc::unavailable, "mailbox " + name + ": exists already");
        const std::string path = path_of(*directory);
        if (auto made = store::create_directory_at(root_.get(), *directory, path); !made) return made;
        auto folder = store::open_directory_at(root_.get(), *directory, path);
        if (!folder) return tl::unexpected(folder.error());
        // cur/ last: without it the directory is no mailbox.
        for (const char* part : {"tmp", "new", "cur"}) {
            if (std::string_view(part) == "cur") {
                auto mark = store::create_file_at(folder->get(), "maildirfolder", "", path);
                if (!mark) return mark;
            }
            if (auto made = store::create_directory_at(folder->get(), part, path); !made) return made;
        }
        if (auto synced = store::sync_file(folder->get(), path); !synced) return synced;
        if (auto synced = store::sync_file(root_.get(), core_->path); !synced) return synced;
        // Of one that another program has removed.
        if (auto forgotten = forget(*directory); !forgotten) return forgotten;
        if (auto row = make_row(*directory, special_use, true); !row) return tl::unexpected(row.error());
    }
    tell(AccountChange::Kind::created, normal_name(name));
    return {};
}

Result<void> AccountImpl::remove(const std::string& name) {
    const std::string normal = normal_name(name);
    if (normal == "INBOX") return fail(Errc::permanent, "mailbox INBOX: cannot be deleted");
    {
        const std::lock_guard lock(tree_mutex_);
        auto directory = find(name);
        if (!directory) return tl::unexpected(directory.error());
        if (auto told = tell_leaving(*directory); !told) return told;
        // It goes at once; what is in it follows, after a crash at the next start.
        const std::string remains = std::string("tmp/mailpipe-removed.") + random_object_id('R');
        if (::renameat(root_.get(), directory->c_str(), root_.get(), remains.c_str()) != 0)
            return fail_errno(errno, path_of(*directory));
        if (auto synced = store::sync_file(root_.get(), core_->path); !synced) return synced;
        if (auto forgotten = forget(*directory); !forgotten) return forgotten;
        std::error_code error;
        std::filesystem::remove_all(core_->path + "/" + remains, error);
    }
    tell(AccountChange::Kind::deleted, normal);
    return {};
}

Result<void> AccountImpl::rename(const std::string& from, const std::string& to) {
    const std::string source = normal_name(from), target = normal_name(to);
    if (source == "INBOX") return rename_inbox(to);
    {
        const std::lock_guard lock(tree_mutex_);
        auto source_directory = find(from);
        // Its children can be renamed where it is only a name.
        if (!source_directory && source_directory.error().kind == Errc::not_found)
            source_directory = directory_of(from);
        if (!source_directory) return tl::unexpected(source_directory.error());
        auto target_directory = directory_of(to);
        if (!target_directory) return tl::unexpected(target_directory.error());
        if (target == "INBOX" || find(to)) return fail(Errc::unavailable, "mailbox " + to + ": exists already");
        if (auto renamed = rename_tree(*source_directory, *target_directory); !renamed) return renamed;
    }
    tell(AccountChange::Kind::renamed, target, source);
    return {};
}

Result<void> AccountImpl::rename_tree(const std::string& from, const std::string& to) {
    auto there = directories();
    if (!there) return tl::unexpected(there.error());
    std::vector<std::string> moving;
    for (const std::string& directory : *there) {
        if (directory == from || directory.starts_with(from + ".")) moving.push_back(directory);
    }
    if (moving.empty())
        return fail(Errc::not_found, "mailbox " + name_of(from).value_or(from) + ": does not exist");
    for (const std::string& directory : moving) {
        const std::string target = target_of(directory, from, to);
        const auto name = name_of(target);
        if (!name) return fail(Errc::usage, "mailbox " + target + ": the name is too long");
        if (auto usable = directory_of(*name); !usable) return tl::unexpected(usable.error());
        const bool moves_away = std::find(moving.begin(), moving.end(), target) != moving.end();
        if (moves_away) continue;
        // Whatever it is: a directory without cur/ is in the way as well.
        struct stat info {};
        if (::fstatat(root_.get(), target.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
            return fail(Errc::unavailable, "mailbox " + *name + ": exists already");
        // Of one that another program has removed.
        if (auto forgotten = forget(target); !forgotten) return forgotten;
    }
    for (const std::string& directory : moving) {
        if (auto told = tell_leaving(directory); !told) return told;
    }
    auto planned = core_->change([&](Database& database) -> Result<void> {
        for (const std::string& directory : moving) {
            auto query = database.query("INSERT INTO renaming VALUES(?,?)");
            if (!query) return tl::unexpected(query.error());
            if (auto done = query->run(directory, target_of(directory, from, to)); !done) return done;
        }
        return {};
    });
    if (!planned) return planned;
    auto finished = finish_renames();
    if (!finished) return tl::unexpected(finished.error());
    return *finished ? Result<void>(tl::unexpected(**finished)) : Result<void>{};
}

// Each directory is in one of two places, and the plan says what is missing: also after a crash.
Result<std::optional<Error>> AccountImpl::finish_renames() {
    std::vector<std::pair<std::string, std::string>> plan;
    auto read = core_->read([&](Database& database) -> Result<void> {
        auto query = database.query("SELECT source,target FROM renaming ORDER BY source");
        if (!query) return tl::unexpected(query.error());
        query->start();
        while (true) {
            auto stepped = query->step();
            if (!stepped) return tl::unexpected(stepped.error());
            if (!*stepped) return {};
            plan.emplace_back(query->text(0), query->text(1));
        }
    });
    if (!read) return tl::unexpected(read.error());
    if (plan.empty()) return std::optional<Error>();
    // Into itself ("A" to "A/B"): from the deepest, so that each place is free.
    if (plan.front().second.starts_with(plan.front().first)) std::reverse(plan.begin(), plan.end());
    // One that cannot be moved (a mount point) stays where it is and is no longer planned: or no login would ever work again.
    std::optional<Error> stayed;
    std::set<std::string> staying;
    for (const auto& [source, target] : plan) {
        auto moved = store::move_no_replace(root_.get(), source, root_.get(), target, path_of(source));
        if (moved && !*moved) moved = fail(Errc::unavailable, path_of(target) + ": exists already");
        if (moved || moved.error().kind == Errc::not_found) continue;
        stayed = moved.error();
        staying.insert(source);
    }
    if (auto synced = store::sync_file(root_.get(), core_->path); !synced)
        return tl::unexpected(synced.error());
    auto written = core_->change([&](Database& database) -> Result<void> {
        for (const auto& [source, target] : plan) {
            if (staying.count(source) != 0) continue;
            auto query = database.query("UPDATE mailbox SET directory=? WHERE directory=?");
            if (!query) return tl::unexpected(query.error());
            if (auto done = query->run(target, source); !done) return done;
        }
        return database.execute("DELETE FROM renaming");
    });
    if (!written) return tl::unexpected(written.error());
    for (const auto& [source, target] : plan) {
        const auto known = open_.find(source);
        if (known == open_.end() || staying.count(source) != 0) continue;
        const Open open = known->second;
        const auto mailbox = open.mailbox;
        open_.erase(known);
        open_[target] = open;
        mailbox->renamed(*name_of(target), path_of(target));
        const std::lock_guard lock(paths_mutex_);
        paths_.erase(path_of(source));
        paths_[path_of(target)] = mailbox;
    }
    return stayed;
}

// RFC 9051 section 6.3.6: the messages go, INBOX stays, and what is below it too.
Result<void> AccountImpl::rename_inbox(const std::string& to) {
    auto inbox = mailbox("INBOX");
    if (!inbox) return tl::unexpected(inbox.error());
    if (auto created = create(to, {}); !created) return created;
    auto target = mailbox(to);
    if (!target) return tl::unexpected(target.error());
    if (auto refreshed = (*inbox)->refresh(); !refreshed) return refreshed;
    std::vector<Uid> uids;
    (*inbox)->snapshot()->for_each(
        [&uids](std::size_t, const Message& message) { uids.push_back(message.uid); });
    if (uids.empty()) return {};
    auto moved = (*inbox)->copy(uids, **target, true);
    if (!moved) return tl::unexpected(moved.error());
    return {};
}

Result<void> AccountImpl::subscribe(const std::string& name, bool subscribed) {
    const std::string normal = normal_name(name);
    if (auto usable = directory_of(name); !usable && subscribed) return tl::unexpected(usable.error());
    auto written = core_->change([&](Database& database) {
        auto query = database.query(subscribed ? "INSERT OR IGNORE INTO subscription VALUES(?)"
                                               : "DELETE FROM subscription WHERE name=?");
        return query ? query->run(normal) : Result<void>(tl::unexpected(query.error()));
    });
    if (written) tell(subscribed ? AccountChange::Kind::subscribed : AccountChange::Kind::unsubscribed, normal);
    return written;
}

}  // namespace mailpipe::index
