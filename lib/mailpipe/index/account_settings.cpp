#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "mailpipe/index/account_impl.hpp"
#include "mailpipe/index/folder_name.hpp"
#include "mailpipe/index/seen_by_user.hpp"

namespace mailpipe::index {
namespace {

constexpr const char* kShared = ".mailpipe-shared";

using Values = std::map<std::string, std::string>;

Result<Values> read_values(AccountCore& core, const char* sql, std::int64_t mailbox) {
    return core.read([&](Database& database) -> Result<Values> {
        auto query = database.query(sql);
        if (!query) return tl::unexpected(query.error());
        query->start(mailbox);
        Values values;
        while (true) {
            auto stepped = query->step();
            if (!stepped) return tl::unexpected(stepped.error());
            if (!*stepped) return values;
            values.emplace(query->text(0), query->text(1));
        }
    });
}

template <class... Arguments>
Result<void> run(AccountCore& core, const char* sql, const Arguments&... arguments) {
    return core.change([&](Database& database) -> Result<void> {
        auto query = database.query(sql);
        if (!query) return tl::unexpected(query.error());
        return query->run(arguments...);
    });
}

}  // namespace

// ROOT/.mailpipe-shared says 1 or 0, also to those who have not opened the account.
bool may_share(const std::string& path) {
    auto says = store::read_whole(AT_FDCWD, path + "/" + kShared, path);
    return says ? !says->starts_with('0') : ::access((path + "/.mailpipe-index").c_str(), F_OK) == 0;
}

Result<void> AccountImpl::mark_shared(bool gives) {
    auto said = store::read_whole(root_.get(), kShared, core_->path);
    if (said && said->starts_with('1')) return {};
    auto any =
        core_->read([](Database& database) { return database.number("SELECT EXISTS(SELECT 1 FROM acl)"); });
    if (!any) return tl::unexpected(any.error());
    if (gives || *any != 0) {
        auto marked = store::create_file_at(root_.get(), kShared, "1\n", core_->path);
        return marked ? store::sync_file(root_.get(), core_->path) : marked;
    }
    if (said && said->starts_with('0')) return {};
    // If a crash takes it, others open the account once more.
    const store::Fd file(
        store::open_at(root_.get(), kShared, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, core_->path + "/" + kShared, true);
    return store::write_fully(file.get(), "0\n", core_->path);
}

Result<std::int64_t> AccountImpl::row_id(const std::string& mailbox) {
    const std::lock_guard lock(tree_mutex_);
    auto directory = find(mailbox);
    if (!directory) return tl::unexpected(directory.error());
    auto row = row_of(*directory);
    if (!row) return tl::unexpected(row.error());
    return row->id;
}

Result<Account::Acl> AccountImpl::acl(const std::string& mailbox) {
    auto row = row_id(mailbox);
    if (!row) return tl::unexpected(row.error());
    return read_values(*core_, "SELECT identifier,rights FROM acl WHERE mailbox=?", *row);
}

Result<void> AccountImpl::set_acl(const std::string& mailbox, const std::string& identifier,
                                  const std::string& rights) {
    auto row = row_id(mailbox);
    if (!row) return tl::unexpected(row.error());
    if (!rights.empty()) {
        if (auto marked = mark_shared(true); !marked) return marked;
    }
    auto written = rights.empty()
                       ? run(*core_, "DELETE FROM acl WHERE mailbox=? AND identifier=?", *row, identifier)
                       : run(*core_, "INSERT OR REPLACE INTO acl VALUES(?,?,?)", *row, identifier, rights);
    if (written) tell(AccountChange::Kind::acl, normal_name(mailbox));
    return written;
}

Result<Account::Metadata> AccountImpl::metadata(const std::string& mailbox) {
    auto row = mailbox.empty() ? Result<std::int64_t>(0) : row_id(mailbox);
    if (!row) return tl::unexpected(row.error());
    return read_values(*core_, "SELECT entry,value FROM metadata WHERE mailbox=?", *row);
}

Result<void> AccountImpl::set_metadata(const std::string& mailbox, const std::string& entry,
                                       const std::optional<std::string>& value) {
    auto row = mailbox.empty() ? Result<std::int64_t>(0) : row_id(mailbox);
    if (!row) return tl::unexpected(row.error());
    if (entry == kSeenByUser && !mailbox.empty()) {
        auto opened = this->mailbox(mailbox);
        if (!opened) return tl::unexpected(opened.error());
        auto done = static_cast<MailboxImpl&>(**opened).switch_seen(value == "yes");
        if (!done) return done;
    }
    auto written = value
                       ? run(*core_, "INSERT OR REPLACE INTO metadata VALUES(?,?,?)", *row, entry, Blob{*value})
                       : run(*core_, "DELETE FROM metadata WHERE mailbox=? AND entry=?", *row, entry);
    if (written) tell(AccountChange::Kind::metadata, mailbox.empty() ? "" : normal_name(mailbox), {}, entry);
    return written;
}

Result<void> AccountImpl::set_special_use(const std::string& name, const std::vector<std::string>& uses) {
    auto id = row_id(name);
    if (!id) return tl::unexpected(id.error());
    auto written = core_->change([&](Database& database) -> Result<void> {
        auto rows = read_mailbox_rows(database);
        if (!rows) return tl::unexpected(rows.error());
        for (MailboxRow& row : *rows) {
            const auto before = row.special_use;
            if (row.id == *id) {
                row.special_use = uses;
            } else {
                std::erase_if(row.special_use, [&](const std::string& use) {
                    return std::find(uses.begin(), uses.end(), use) != uses.end();
                });
            }
            if (row.special_use == before) continue;
            if (auto updated = update_special_use(database, row); !updated) return updated;
        }
        return {};
    });
    if (written) tell(AccountChange::Kind::metadata, normal_name(name), {}, "/private/specialuse");
    return written;
}

Result<std::string> AccountImpl::secret(const std::string& name) {
    return core_->read([&](Database& database) -> Result<std::string> {
        auto query = database.query("SELECT value FROM secret WHERE name=?");
        if (!query) return tl::unexpected(query.error());
        auto stepped = query->start(name).step();
        if (!stepped) return tl::unexpected(stepped.error());
        return *stepped ? std::string(query->text(0)) : std::string();
    });
}

Result<void> AccountImpl::set_secret(const std::string& name, const std::string& value) {
    if (value.empty()) return run(*core_, "DELETE FROM secret WHERE name=?", name);
    return run(*core_, "INSERT OR REPLACE INTO secret VALUES(?,?)", name, Blob{value});
}

Result<Account::Usage> AccountImpl::usage() {
    const std::lock_guard lock(tree_mutex_);
    auto there = directories();
    if (!there) return tl::unexpected(there.error());
    auto rows = core_->read([&](Database& database) { return read_mailbox_rows(database); });
    if (!rows) return tl::unexpected(rows.error());
    std::map<std::string, const MailboxRow*> known;
    for (const MailboxRow& row : *rows)
        known[row.directory] = &row;
    Usage usage;
    for (const std::string& directory : *there) {
        const auto row = known.find(directory);
        // Counted at the last change; one that was never looked at is looked at once.
        if (row != known.end() && (row->second->times.cur_time > 0 || open_.count(directory) != 0)) {
            usage.messages += row->second->messages;
            usage.octets += row->second->octets;
            continue;
        }
        auto opened = open_mailbox(directory);
        if (!opened) return tl::unexpected(opened.error());
        const auto snapshot = (*opened)->snapshot();
        usage.messages += snapshot->size();
        usage.octets += snapshot->octets();
    }
    return usage;
}

Result<Account::Checked> AccountImpl::check() {
    const std::lock_guard lock(tree_mutex_);
    Checked checked;
    auto whole = core_->read([&](Database& database) -> Result<void> {
        auto query = database.query("PRAGMA integrity_check(20)");
        if (!query) return tl::unexpected(query.error());
        query->start();
        while (true) {
            auto stepped = query->step();
            if (!stepped) return tl::unexpected(stepped.error());
            if (!*stepped) return {};
            if (query->text(0) != "ok")
                checked.problems.push_back(core_->index_path + ": " + std::string(query->text(0)));
        }
    });
    if (!whole) return tl::unexpected(whole.error());
    auto there = directories();
    if (!there) return tl::unexpected(there.error());
    for (const std::string& directory : *there) {
        auto row = row_of(directory);
        if (!row) return tl::unexpected(row.error());
        ++checked.mailboxes;
        auto compared = compare(*row, checked);
        if (!compared) return tl::unexpected(compared.error());
    }
    return checked;
}

// Without taking up what is found, which opening the mailbox would do.
Result<void> AccountImpl::compare(const MailboxRow& row, Checked& checked) {
    const std::string name = name_of(row.directory).value_or(row.directory);
    auto folder = Folder::open(path_of(row.directory));
    if (!folder) return tl::unexpected(folder.error());
    auto files = (*folder)->scan();
    if (!files) return tl::unexpected(files.error());
    const bool never_opened = row.times.cur_time <= 0 && row.messages == 0;
    std::vector<bool> known((*files)->size());
    auto snapshot = core_->read([&](Database& database) { return read_snapshot(database, row); });
    if (!snapshot) return tl::unexpected(snapshot.error());
    checked.messages += (*snapshot)->size();
    std::size_t names = 0;
    auto read = core_->read([&](Database& database) {
        return for_each_file(database, row.id, [&](Uid uid, std::string_view base, std::string_view) {
            ++names;
            const auto found = (*files)->find(base);
            if (found) known[*found] = true;
            if (!found) checked.problems.push_back(name + ": message " + std::to_string(uid) + " has no file");
            if (!(*snapshot)->find(uid))
                checked.problems.push_back(name + ": file " + std::string(base) + " belongs to no message");
        });
    });
    if (!read) return read;
    if (names != (*snapshot)->size())
        checked.problems.push_back(name + ": " + std::to_string((*snapshot)->size()) + " messages have " +
                                   std::to_string(names) + " files");
    for (std::size_t i = 0; i < known.size() && !never_opened; ++i) {
        if (!known[i])
            checked.problems.push_back(name + ": file " + (*files)->file(i).name + " is not in the index");
    }
    return {};
}

Result<void> AccountImpl::rebuild() {
    const std::lock_guard lock(tree_mutex_);
    auto written = core_->change([](Database& database) {
        return database.execute(
            "DELETE FROM header; DELETE FROM envelope; DELETE FROM body; DELETE FROM body_structure;"
            "DELETE FROM preview; DELETE FROM identity; DELETE FROM thread;"
            "UPDATE mailbox SET new_time=0,cur_time=0 WHERE cur_time>0;");
    });
    if (!written) return written;
    auto there = directories();
    if (!there) return tl::unexpected(there.error());
    for (const std::string& directory : *there) {
        auto opened = open_mailbox(directory);
        if (!opened) return tl::unexpected(opened.error());
        if (auto done = (*opened)->look_again(); !done) return done;
    }
    return {};
}

}  // namespace mailpipe::index
