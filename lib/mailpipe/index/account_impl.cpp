#include "mailpipe/index/account_impl.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include "mailpipe/index/copied_index.hpp"
#include "mailpipe/index/folder_name.hpp"
#include "mailpipe/index/folder_watcher.hpp"
#include "mailpipe/index/former_uids.hpp"
#include "mailpipe/index/object_id.hpp"
#include "mailpipe/store/directory.hpp"

namespace mailpipe::index {
namespace {

constexpr const char* kIndex = "/.mailpipe-index";
constexpr const char* kLock = "/.mailpipe-index.lock";
constexpr const char* kRemains = "mailpipe-removed.";
constexpr std::size_t kIdleMailboxes = 64;  // each has a descriptor and a snapshot
// MODSEQs after an index was lost: greater than any before, which grew by one a change.
constexpr int kModSeqsASecond = 20;  // bits
// UIDs that may have been given since a backup was made from which all was restored, the trace too.
constexpr Uid kGivenSinceBackup = 100'000;

Result<store::Fd> take_lock(const std::string& path) {
    const std::string name = path + kLock;
    store::Fd lock(store::open_at(AT_FDCWD, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) return fail_errno(errno, name, true);
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) return fail(Errc::unavailable, path + ": is open in another process");
        return fail_errno(errno, name);
    }
    return lock;
}

Result<std::string> read_optional(int directory, const std::string& name, const std::string& what) {
    constexpr std::uint64_t kListFile = 16U << 20;
    auto file = store::open_regular_at(directory, name, what);
    if (!file) return std::string();
    return store::read_range(file->get(), 0, kListFile, what);
}

ModSeq modseq_after(ModSeq last) {
    return std::max(last + (ModSeq{1} << kModSeqsASecond), static_cast<ModSeq>(std::time(nullptr))
                                                               << kModSeqsASecond);
}

// An index that is lost again in the same second goes on from here. Where there is no such trace yet, it begins with it.
Result<void> note_in_trace(int folder, const std::string& lines, const std::string& path) {
    const store::Fd file(store::open_at(folder, kUidTrace, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0 || info.st_size == 0) return {};
    auto written = store::write_fully(file.get(), lines, path);
    return written ? store::sync_file(file.get(), path) : written;
}

}  // namespace

Result<std::shared_ptr<Account>> Account::open(const std::string& path, Describe describe, Removing removing) {
    return AccountImpl::open(path, describe, std::move(removing), FolderWatcher::create());
}

Result<std::shared_ptr<Account>> AccountImpl::open(const std::string& path, Describe describe,
                                                   Removing removing,
                                                   std::shared_ptr<FolderWatcher> folder_watcher) {
    auto root = store::open_or_create_directory(path);
    if (!root) return tl::unexpected(root.error());
    auto lock = take_lock(path);
    if (!lock) return tl::unexpected(lock.error());
    // Makes what a Maildir has.
    if (auto folder = Folder::open(path); !folder) return tl::unexpected(folder.error());
    auto core = std::make_shared<AccountCore>(path);
    core->index_path = path + kIndex;
    core->describe = describe;
    core->removing = std::move(removing);
    core->lock = std::move(*lock);
    core->folder_watcher = std::move(folder_watcher);
    auto index = open_index(core->index_path);
    if (!index) return tl::unexpected(index.error());
    core->database = std::move(index->database);
    std::shared_ptr<AccountImpl> account(new AccountImpl(core, std::move(*root)));
    if (auto recovered = account->recover(); !recovered) {
        if (recovered.error().kind != Errc::data || index->fresh) return tl::unexpected(recovered.error());
        // Broken where open_index() did not look: condemned by now.
        core->database.reset();
        auto again = open_index(core->index_path);
        if (!again) return tl::unexpected(again.error());
        core->database = std::move(again->database);
        index->fresh = true;
        if (recovered = account->recover(); !recovered) return tl::unexpected(recovered.error());
    }
    if (auto renewed = account->renew(); !renewed) return tl::unexpected(renewed.error());
    account->mark_run();
    // On a full disk others do not see what is shared, and the owner can make room.
    [[maybe_unused]] const auto marked = account->mark_shared(false);
    if (index->fresh) {
        if (auto imported = account->import_subscriptions(); !imported) return tl::unexpected(imported.error());
    }
    core->reserve.keep();
    return std::shared_ptr<Account>(std::move(account));
}

AccountImpl::~AccountImpl() {
    mark_run();
}

// Where that is not possible, on a full disk, the number stays that of the last one.
void AccountImpl::mark_run() {
    IndexRun run(core_->lock.get());
    const auto begun = core_->change([&](Database& database) { return run.begin(database); }, false);
    if (begun) run.end();
}

std::string AccountImpl::path_of(const std::string& directory) const {
    return directory.empty() ? core_->path : core_->path + "/" + directory;
}

bool AccountImpl::is_there(const std::string& directory) const {
    if (directory.empty()) return true;
    struct stat info {};
    return ::fstatat(root_.get(), (directory + "/cur").c_str(), &info, 0) == 0 && S_ISDIR(info.st_mode);
}

Result<std::vector<std::string>> AccountImpl::directories() const {
    std::vector<std::string> found{""};
    auto read = store::for_each_name(root_.get(), core_->path, [&](const char* name) {
        if (name[0] == '.' && name_of(name) && is_there(name)) found.emplace_back(name);
    });
    if (!read) return tl::unexpected(read.error());
    return found;
}

Result<std::string> AccountImpl::find(const std::string& name) const {
    auto directory = directory_of(name);
    if (!directory) return directory;
    if (is_there(*directory)) return directory;
    const std::string other = utf8_directory_of(normal_name(name));
    if (name_of(other) == normal_name(name) && is_there(other)) return other;
    return fail(Errc::not_found, "mailbox " + name + ": does not exist");
}

Result<MailboxRow> AccountImpl::row_of(const std::string& directory) {
    auto row = core_->read([&](Database& database) { return read_mailbox_row(database, directory); });
    if (!row) return tl::unexpected(row.error());
    if (*row) return std::move(**row);
    return make_row(directory, {}, false);
}

Result<MailboxRow> AccountImpl::make_row(const std::string& directory,
                                         const std::vector<std::string>& special_use, bool durable) {
    const std::string path = path_of(directory);
    auto folder = store::open_directory_at(root_.get(), directory.empty() ? "." : directory, path);
    if (!folder) return tl::unexpected(folder.error());
    auto trace = read_former_uids(folder->get(), path);
    if (!trace) return tl::unexpected(trace.error());
    auto letters = read_optional(folder->get(), "dovecot-keywords", path);
    if (!letters) return tl::unexpected(letters.error());
    MailboxRow row;
    row.directory = directory;
    row.special_use = special_use;
    row.keywords = parse_dovecot_keywords(*letters);
    const auto make = [&](Database& database) -> Result<void> {
        auto same = database.query("SELECT 1 FROM mailbox WHERE object_id=? OR uid_validity=?");
        if (!same) return tl::unexpected(same.error());
        bool taken = false;
        if (*trace) {
            // A copy of another mailbox with all its files: UIDs that were that one's are not this one's.
            auto stepped = same->start((*trace)->object_id, (*trace)->uid_validity).step();
            if (!stepped) return tl::unexpected(stepped.error());
            taken = *stepped && !(*trace)->object_id.empty();
        }
        if (*trace && !taken) {
            row.uid_validity = (*trace)->uid_validity;
            row.object_id = (*trace)->object_id;
            row.highest_modseq = modseq_after((*trace)->modseq);
            row.settled_modseq = row.vanished_floor = row.highest_modseq;
            row.times = kStale;
            if (!(*trace)->keywords.empty()) row.keywords = (*trace)->keywords;
            if (auto noted = note_uid_validity(database, row.uid_validity); !noted) return noted;
            const std::string line = encode_uid_trace_modseq(row.highest_modseq);
            if (auto noted = note_in_trace(folder->get(), line, path); !noted) return noted;
        } else {
            ::unlinkat(folder->get(), kUidTrace, 0);
            auto validity = next_uid_validity(database, *core_);
            if (!validity) return tl::unexpected(validity.error());
            row.uid_validity = *validity;
            row.settled_modseq = row.highest_modseq;
        }
        if (row.object_id.empty()) row.object_id = random_object_id('F');
        auto id = insert_mailbox_row(database, row);
        if (!id) return tl::unexpected(id.error());
        row.id = *id;
        return {};
    };
    const auto made = core_->change(make, durable || trace->has_value());
    if (!made) return tl::unexpected(made.error());
    return row;
}

Result<std::shared_ptr<MailboxImpl>> AccountImpl::open_mailbox(const std::string& directory) {
    const auto known = open_.find(directory);
    if (known != open_.end()) {
        known->second.used = ++uses_;
        if (known->second.mailbox->is_at(path_of(directory))) return known->second.mailbox;
        // Another directory is in its place.
        if (auto forgotten = forget(directory); !forgotten) return tl::unexpected(forgotten.error());
    }
    auto row = row_of(directory);
    if (!row) return tl::unexpected(row.error());
    const std::string path = path_of(directory);
    auto opened = MailboxImpl::open(core_, std::move(*row), *name_of(directory), path);
    if (!opened) return opened;
    close_idle();
    open_[directory] = {*opened, ++uses_};
    const std::lock_guard lock(paths_mutex_);
    paths_[path] = *opened;
    return opened;
}

void AccountImpl::close_idle() {
    std::vector<std::pair<std::uint64_t, std::string>> idle;
    for (const auto& [directory, open] : open_)
        if (open.mailbox.use_count() == 1 && !open.mailbox->is_watched())
            idle.emplace_back(open.used, directory);
    if (idle.size() < kIdleMailboxes) return;
    std::sort(idle.begin(), idle.end());
    idle.resize(idle.size() - kIdleMailboxes + 1);
    for (const auto& [used, directory] : idle) {
        // Whoever was told of a change at this moment and looks at it finds it closed: sessions get theirs under this lock.
        if (!open_[directory].mailbox->close()) continue;
        const std::lock_guard lock(paths_mutex_);
        paths_.erase(path_of(directory));
        open_.erase(directory);
    }
}

Result<void> AccountImpl::forget(const std::string& directory) {
    auto row = core_->read([&](Database& database) { return read_mailbox_row(database, directory); });
    if (!row) return tl::unexpected(row.error());
    if (*row) {
        const auto remove = [&](Database& database) { return remove_mailbox_row(database, (*row)->id); };
        // On a full disk a mailbox can still be deleted, and a user log in who has deleted one.
        if (!keep_uid_validity(*core_) && core_->reserve.give_up()) {
            [[maybe_unused]] const auto kept = keep_uid_validity(*core_);
        }
        auto removed = core_->change(remove);
        if (!removed && core_->reserve.give_up()) removed = core_->change(remove);
        if (!removed) return removed;
    }
    {
        const std::lock_guard lock(paths_mutex_);
        paths_.erase(path_of(directory));
    }
    const auto known = open_.find(directory);
    if (known == open_.end()) return {};
    const auto mailbox = known->second.mailbox;
    open_.erase(known);
    mailbox->removed();
    return {};
}

Result<void> AccountImpl::tell_leaving(const std::string& directory) {
    if (!core_->removing) return {};
    // Whoever is told forgets them: what came last is durable by his log alone, perhaps.
    if (::syncfs(root_.get()) != 0) return fail_errno(errno, core_->path);
    auto folder = Folder::open(path_of(directory));
    if (!folder) return tl::unexpected(folder.error());
    auto files = (*folder)->scan();
    if (!files) return tl::unexpected(files.error());
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < (*files)->size(); ++i)
        ids.push_back((*files)->entry(i).id);
    if (!ids.empty()) core_->removing(path_of(directory), ids);
    return {};
}

Result<std::shared_ptr<Mailbox>> AccountImpl::mailbox(const std::string& name) {
    const std::lock_guard lock(tree_mutex_);
    auto directory = find(name);
    if (!directory) {
        // Another program has removed it.
        const auto gone = directory_of(name);
        if (gone && open_.count(*gone) != 0) {
            if (auto forgotten = forget(*gone); !forgotten) return tl::unexpected(forgotten.error());
        }
        return tl::unexpected(directory.error());
    }
    auto opened = open_mailbox(*directory);
    if (!opened) return tl::unexpected(opened.error());
    // Who has a mailbox has the account: as long as one has it, another finds it open.
    struct Held {
        std::shared_ptr<AccountImpl> account;
        std::shared_ptr<MailboxImpl> mailbox;
    };
    Mailbox* mailbox = opened->get();
    return std::shared_ptr<Mailbox>(std::make_shared<Held>(Held{shared_from_this(), std::move(*opened)}),
                                    mailbox);
}

Result<void> AccountImpl::recover() {
    if (auto renamed = finish_renames(); !renamed) return tl::unexpected(renamed.error());
    auto rows = core_->read([&](Database& database) { return read_mailbox_rows(database); });
    if (!rows) return tl::unexpected(rows.error());
    for (const MailboxRow& row : *rows) {
        if (is_there(row.directory)) continue;
        if (auto forgotten = forget(row.directory); !forgotten) return forgotten;
    }
    remove_remains();
    return {};
}

Result<void> AccountImpl::renew() {
    auto file = core_->read(
        [&](Database& database) { return judge_index_file(database, core_->index_path, core_->lock.get()); });
    if (!file) return tl::unexpected(file.error());
    if (*file == IndexFile::known) return {};
    if (*file == IndexFile::copied) {
        auto rows = core_->read([&](Database& database) { return read_mailbox_rows(database); });
        if (!rows) return tl::unexpected(rows.error());
        for (MailboxRow& row : *rows) {
            if (auto renewed = renew_row(std::move(row)); !renewed) return renewed;
        }
    }
    return core_->change([&](Database& database) { return note_index_file(database, core_->index_path); });
}

Result<void> AccountImpl::renew_row(MailboxRow row) {
    const std::string path = path_of(row.directory);
    auto folder = store::open_directory_at(root_.get(), row.directory.empty() ? "." : row.directory, path);
    if (!folder) return tl::unexpected(folder.error());
    auto trace = read_former_uids(folder->get(), path);
    if (!trace) return tl::unexpected(trace.error());
    const bool other = *trace && !(*trace)->object_id.empty() &&
                       ((*trace)->uid_validity != row.uid_validity || (*trace)->object_id != row.object_id);
    if (other) return forget(row.directory);
    const Uid given = std::max(row.uid_next, *trace ? (*trace)->uid_next : 0);
    const Uid reserved = given + std::min(kGivenSinceBackup, 0xFFFFFFFE - given);
    row.highest_modseq = modseq_after(std::max(row.highest_modseq, *trace ? (*trace)->modseq : 0));
    row.settled_modseq = row.vanished_floor = row.highest_modseq;
    row.times = kStale;
    if (!*trace) row.uid_next = reserved;
    const std::string lines = encode_uid_trace_reserved(reserved) + encode_uid_trace_modseq(row.highest_modseq);
    if (auto noted = note_in_trace(folder->get(), lines, path); !noted) return noted;
    return core_->change([&](Database& database) {
        // What clients know of flags may be newer than what is there now.
        auto done = touch_messages(database, row.id, row.highest_modseq);
        return done ? update_mailbox_row(database, row) : done;
    });
}

void AccountImpl::remove_remains() const {
    std::error_code error;
    std::filesystem::directory_iterator entry(core_->path + "/tmp", error), end;
    std::vector<std::filesystem::path> remains;
    for (; !error && entry != end; entry.increment(error)) {
        if (entry->path().filename().string().rfind(kRemains, 0) == 0) remains.push_back(entry->path());
    }
    for (const auto& path : remains)
        std::filesystem::remove_all(path, error);
}

Result<void> AccountImpl::import_subscriptions() {
    auto dovecot = read_optional(root_.get(), "subscriptions", core_->path);
    if (!dovecot) return tl::unexpected(dovecot.error());
    auto courier = read_optional(root_.get(), "courierimapsubscribed", core_->path);
    if (!courier) return tl::unexpected(courier.error());
    const auto names =
        dovecot->empty() ? parse_courier_subscriptions(*courier) : parse_dovecot_subscriptions(*dovecot);
    if (names.empty()) return {};
    return core_->change([&](Database& database) -> Result<void> {
        for (const std::string& name : names) {
            auto query = database.query("INSERT OR IGNORE INTO subscription VALUES(?)");
            if (!query) return tl::unexpected(query.error());
            if (auto done = query->run(name); !done) return done;
        }
        return {};
    });
}

void AccountImpl::tell(AccountChange::Kind kind, const std::string& mailbox, const std::string& old_name,
                       const std::string& entry) const {
    core_->watchers.notify({kind, mailbox, old_name, entry});
}

Mailbox::Token AccountImpl::watch(std::function<void(const AccountChange&)> changed) {
    return core_->watchers.add(std::move(changed));
}

void AccountImpl::delivered(const std::string& mailbox_path) {
    std::shared_ptr<MailboxImpl> mailbox;
    {
        const std::lock_guard lock(paths_mutex_);
        const auto found = paths_.find(mailbox_path);
        if (found != paths_.end()) mailbox = found->second.lock();
    }
    if (mailbox && core_->folder_watcher && mailbox->is_watched()) {
        core_->folder_watcher->post([weak = std::weak_ptr<MailboxImpl>(mailbox)] {
            const auto there = weak.lock();
            if (there) [[maybe_unused]]
                const auto refreshed = there->refresh();
        });
    }
    if (mailbox_path == core_->path) return tell(AccountChange::Kind::messages, "INBOX");
    if (!mailbox_path.starts_with(core_->path + "/")) return;
    if (const auto name = name_of(mailbox_path.substr(core_->path.size() + 1)))
        tell(AccountChange::Kind::messages, *name);
}

}  // namespace mailpipe::index
