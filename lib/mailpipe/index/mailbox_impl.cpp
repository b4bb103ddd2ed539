#include "mailpipe/index/mailbox_impl.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mailpipe/index/folder_watcher.hpp"
#include "mailpipe/index/message_file.hpp"
#include "mailpipe/index/own_change.hpp"

namespace mailpipe::index {
namespace {

constexpr std::int64_t kVanishedKept = 100'000;  // ranges of a mailbox

// Older ones are given up, and who asks for them is told all that is not there.
Result<void> prune_vanished(Database& database, MailboxRow& row) {
    auto query =
        database.query("SELECT modseq FROM vanished WHERE mailbox=? ORDER BY modseq DESC LIMIT 1 OFFSET ?");
    if (!query) return tl::unexpected(query.error());
    auto stepped = query->start(row.id, kVanishedKept).step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) return {};
    row.vanished_floor = static_cast<ModSeq>(query->integer(0));
    query->reset();
    auto removing = database.query("DELETE FROM vanished WHERE mailbox=? AND modseq<=?");
    if (!removing) return tl::unexpected(removing.error());
    return removing->run(row.id, row.vanished_floor);
}

}  // namespace

MailboxImpl::MailboxImpl(std::shared_ptr<AccountCore> core, MailboxRow row, std::string name, std::string path)
    : core_(std::move(core)),
      row_id_(row.id),
      object_id_(row.object_id),
      name_(std::move(name)),
      path_(std::move(path)),
      row_(std::move(row)),
      vanished_floor_(row_.vanished_floor) {}

Result<std::shared_ptr<MailboxImpl>> MailboxImpl::open(std::shared_ptr<AccountCore> core, MailboxRow row,
                                                       std::string name, const std::string& path) {
    auto folder = Folder::open(path);
    if (!folder) return tl::unexpected(folder.error());
    std::shared_ptr<MailboxImpl> mailbox(new MailboxImpl(core, std::move(row), std::move(name), path));
    mailbox->folder_ = *folder;
    std::vector<std::string> doomed;
    auto loaded = core->read([&](Database& database) -> Result<void> {
        auto snapshot = read_snapshot(database, mailbox->row_);
        if (!snapshot) return tl::unexpected(snapshot.error());
        mailbox->snapshot_ = *snapshot;
        auto bases = read_doomed(database, mailbox->row_id_);
        if (!bases) return tl::unexpected(bases.error());
        mailbox->doomed_.insert(bases->begin(), bases->end());
        return {};
    });
    if (!loaded) return tl::unexpected(loaded.error());
    auto refreshed = mailbox->refresh();
    {
        // From here on most of what a session wants is in the snapshot.
        const std::lock_guard guard(core->database_mutex);
        core->database->release_memory();
    }
    // On a full disk what is known can be read, and removed.
    // But before the first scan the UIDs of the trace are not known, and none may be given.
    const bool known = mailbox->scanned_ || mailbox->row_.times.cur_time > 0 ||
                       (mailbox->row_.times != kStale && !mailbox->snapshot()->empty());
    if (!refreshed && (refreshed.error().kind != Errc::io || !known)) return tl::unexpected(refreshed.error());
    return mailbox;
}

MailboxImpl::~MailboxImpl() {
    [[maybe_unused]] const auto settled = settle();
}

std::string MailboxImpl::name() const {
    const std::lock_guard lock(published_mutex_);
    return name_;
}

std::string MailboxImpl::path() const {
    const std::lock_guard lock(published_mutex_);
    return path_;
}

std::shared_ptr<const Snapshot> MailboxImpl::snapshot() const {
    const std::lock_guard lock(published_mutex_);
    return snapshot_;
}

void MailboxImpl::renamed(std::string name, std::string path) {
    const std::lock_guard lock(published_mutex_);
    name_ = std::move(name);
    path_ = std::move(path);
}

void MailboxImpl::removed() {
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
    }
    watchers_.notify();
}

Result<void> MailboxImpl::check_there() const {
    if (gone_) return fail(Errc::not_found, "mailbox " + name() + ": is not there any more");
    return {};
}

Mailbox::Token MailboxImpl::watch(std::function<void()> changed) {
    auto token = watchers_.add(std::move(changed));
    if (core_->folder_watcher) {
        const std::lock_guard lock(watch_mutex_);
        if (!folder_watch_) {
            folder_watch_ =
                core_->folder_watcher->watch(path(), [weak = std::weak_ptr<Mailbox>(weak_from_this())] {
                    const auto mailbox = weak.lock();
                    if (mailbox) [[maybe_unused]]
                        const auto refreshed = mailbox->refresh();
                });
        }
    }
    return token;
}

void MailboxImpl::tell_changed() {
    watchers_.notify();
    core_->watchers.notify({AccountChange::Kind::messages, name(), {}});
}

bool MailboxImpl::is_watched() {
    return watchers_.any();
}

bool MailboxImpl::is_at(const std::string& path) const {
    struct stat there {
    }, open{};
    return ::stat(path.c_str(), &there) == 0 && ::fstat(folder_->root(), &open) == 0 &&
           there.st_ino == open.st_ino && there.st_dev == open.st_dev;
}

Result<void> MailboxImpl::look_again() {
    {
        const std::lock_guard lock(mutex_);
        dirty_ = true;
    }
    return refresh();
}

Result<void> MailboxImpl::settle() {
    const std::lock_guard lock(mutex_);
    return settle_locked();
}

Result<void> MailboxImpl::close() {
    const std::lock_guard lock(mutex_);
    auto settled = settle_locked();
    gone_ = gone_ || settled;
    return settled;
}

Result<void> MailboxImpl::settle_locked() {
    if (gone_) return {};
    // It knows less than the trace.
    if (!scanned_ && (row_.times == kStale || (row_.times.cur_time == 0 && row_.messages == 0))) return {};
    if (row_.settled_modseq != row_.highest_modseq || !doomed_.empty()) {
        for (const char* directory : {"cur", "new"}) {
            if (auto synced = folder_->sync(directory); !synced) return synced;
        }
    }
    MailboxRow next = row_;
    if (unrenamed_.empty()) next.settled_modseq = next.highest_modseq;
    if (dirty_) next.times = {};
    // What is lost of this is made up for, as after a crash.
    auto written = core_->change(
        [&](Database& database) {
            auto done = forget_doomed(database, row_id_);
            if (done) done = prune_vanished(database, next);
            if (done) done = update_mailbox_row(database, next);
            return done;
        },
        false);
    if (!written) return written;
    row_ = next;
    vanished_floor_ = next.vanished_floor;
    doomed_.clear();
    struct stat info {};
    constexpr std::uint64_t kOctetsOfLine = 200;  // twice and more of what a line takes
    const bool there = ::fstatat(folder_->root(), kUidTrace, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there || static_cast<std::uint64_t>(info.st_size) > (row_.messages + kReservedUids) * kOctetsOfLine)
        return write_trace();
    return {};
}

Result<void> MailboxImpl::append_trace(const MailboxRow& row, const std::string& lines, bool sync) {
    const std::string what = folder_->path() + "/" + kUidTrace;
    constexpr int kFlags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    store::Fd file(store::open_at(folder_->root(), kUidTrace, kFlags));
    if (!file && errno != ENOENT) return fail_errno(errno, what);
    if (!file) file = store::Fd(store::open_at(folder_->root(), kUidTrace, kFlags | O_CREAT, 0600));
    if (!file) return fail_errno(errno, what, true);
    auto head = store::read_range(file.get(), 0, kUidTraceMagic.size(), what);
    if (!head) return tl::unexpected(head.error());
    // One that begins is not synced: where a crash takes it and the index, another UIDVALIDITY follows. Where it takes only this,
    // an empty or a torn file may be left.
    const bool begins = *head != kUidTraceMagic;
    std::string text;
    if (begins) {
        if (::ftruncate(file.get(), 0) != 0) return fail_errno(errno, what);
        text = encode_uid_trace_header(row.uid_validity, object_id_) +
               encode_uid_trace_reserved(row.uid_reserved) + encode_uid_trace_modseq(row.highest_modseq);
    }
    if (auto written = store::write_fully(file.get(), text + lines, what); !written) return written;
    return sync && !begins ? store::sync_file(file.get(), what) : Result<void>{};
}

Result<void> MailboxImpl::write_trace() {
    const std::string what = folder_->path() + "/" + kUidTrace;
    std::string text = encode_uid_trace_header(row_.uid_validity, object_id_) +
                       encode_uid_trace_reserved(row_.uid_reserved) +
                       encode_uid_trace_modseq(row_.highest_modseq);
    auto read = core_->read([&](Database& database) {
        return for_each_file(database, row_id_, [&text](Uid uid, std::string_view base, std::string_view) {
            text += encode_uid_trace_line(uid, base);
        });
    });
    if (!read) return read;
    const std::string made = std::string(kUidTrace) + ".new";
    if (auto written = store::create_file_at(folder_->root(), made, text, what); !written) return written;
    if (::renameat(folder_->root(), made.c_str(), folder_->root(), kUidTrace) != 0)
        return fail_errno(errno, what);
    return store::sync_file(folder_->root(), what);
}

void MailboxImpl::write_keywords() {
    // The names of letters are worth something only where the index is lost: what fails here fails silently.
    const std::string made = "dovecot-keywords.new";
    const auto written =
        store::create_file_at(folder_->root(), made, encode_dovecot_keywords(row_.keywords), folder_->path());
    if (written) ::renameat(folder_->root(), made.c_str(), folder_->root(), "dovecot-keywords");
}

Result<std::pair<FileName, Message>> MailboxImpl::find_file(Uid uid) const {
    auto name = core_->read([&](Database& database) { return read_file_name(database, row_id_, uid); });
    if (!name) return tl::unexpected(name.error());
    const auto now = snapshot();
    const auto at = now->find(uid);
    if (!*name || !at)
        return fail(Errc::not_found,
                    "mailbox " + this->name() + ": message " + std::to_string(uid) + " is gone");
    return std::pair(std::move(**name), (*now)[*at]);
}

Result<store::Fd> MailboxImpl::open_file(Uid uid) const {
    auto file = find_file(uid);
    if (!file) return tl::unexpected(file.error());
    const auto& [name, message] = *file;
    const auto names = snapshot();
    auto opened = folder_->open_message(
        name.base, encode_letters({message.flags, message.keywords, name.extra}, names->keywords()));
    // Another program has removed it, perhaps in a moment in which no time of a directory tells.
    if (!opened && opened.error().kind == Errc::not_found) missed_ = true;
    return opened;
}

Result<std::unique_ptr<store::MessageReader>> MailboxImpl::open(Uid uid) {
    auto file = open_file(uid);
    if (!file) return tl::unexpected(file.error());
    return read_message_file(std::move(*file), path());
}

Result<std::string> MailboxImpl::text(Uid uid) {
    auto file = open_file(uid);
    if (!file) return tl::unexpected(file.error());
    return read_message_text(*file, path());
}

Result<UidRanges> MailboxImpl::vanished_since(ModSeq modseq) {
    if (modseq >= vanished_floor_)
        return core_->read([&](Database& database) { return read_vanished(database, row_id_, modseq); });
    const auto now = snapshot();
    UidRanges ranges;
    Uid next = 1;
    now->for_each([&](std::size_t, const Message& message) {
        if (message.uid > next) ranges.emplace_back(next, message.uid - 1);
        next = message.uid + 1;
    });
    if (now->uid_next() > next) ranges.emplace_back(next, now->uid_next() - 1);
    return ranges;
}

}  // namespace mailpipe::index
