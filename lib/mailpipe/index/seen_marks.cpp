#include "mailpipe/index/seen_marks.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/index/schema.hpp"

namespace mailpipe::index {
namespace {

std::string switch_name(std::int64_t mailbox) {
    return "seen-by-user:" + std::to_string(mailbox);
}

}  // namespace

Result<std::optional<SeenSwitch>> read_seen_switch(Database& database, std::int64_t mailbox) {
    auto query = database.query("SELECT value FROM setting WHERE name=?");
    if (!query) return tl::unexpected(query.error());
    auto stepped = query->start(switch_name(mailbox)).step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) return std::nullopt;
    const std::int64_t value = query->integer(0);
    return std::optional(SeenSwitch{value % 2 == 1, static_cast<ModSeq>(value / 2)});
}

Result<void> put_seen_switch(Database& database, std::int64_t mailbox, const SeenSwitch& state) {
    auto query = database.query("INSERT OR REPLACE INTO setting VALUES(?,?)");
    if (!query) return tl::unexpected(query.error());
    return query->run(switch_name(mailbox), static_cast<std::int64_t>(state.modseq) * 2 + (state.on ? 1 : 0));
}

Result<std::vector<SeenMark>> read_seen(Database& database, std::int64_t mailbox, const std::string& user) {
    auto query = database.query("SELECT key,seen,modseq FROM seen WHERE key BETWEEN ? AND ? AND user=?");
    if (!query) return tl::unexpected(query.error());
    query->start(key_of(mailbox, 0), key_of(mailbox, UINT32_MAX), user);
    std::vector<SeenMark> marks;
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return marks;
        marks.push_back({static_cast<Uid>(query->integer(0) & UINT32_MAX), query->integer(1) != 0,
                         static_cast<ModSeq>(query->integer(2))});
    }
}

Result<void> put_seen(Database& database, std::int64_t mailbox, const std::string& user, const SeenMark& mark) {
    auto query = database.query("INSERT OR REPLACE INTO seen VALUES(?,?,?,?)");
    if (!query) return tl::unexpected(query.error());
    return query->run(key_of(mailbox, mark.uid), user, mark.seen ? 1 : 0, mark.modseq);
}

SeenMarks::SeenMarks(std::string user, SeenSwitch state, const std::vector<SeenMark>& marks)
    : user_(std::move(user)), state_(state) {
    for (const SeenMark& mark : marks)
        marks_[mark.uid] = {mark.seen, mark.modseq};
}

bool SeenMarks::on() const {
    const std::lock_guard lock(mutex_);
    return state_.on;
}

Message SeenMarks::shown(const Message& stored) const {
    const std::lock_guard lock(mutex_);
    return shown_locked(stored);
}

Message SeenMarks::shown_locked(const Message& stored) const {
    Message shown = stored;
    shown.modseq = std::max(shown.modseq, state_.modseq);
    if (!state_.on) return shown;
    shown.flags = static_cast<std::uint8_t>(shown.flags & ~kSeen);
    const auto mark = marks_.find(stored.uid);
    if (mark == marks_.end()) return shown;
    if (mark->second.seen) shown.flags = static_cast<std::uint8_t>(shown.flags | kSeen);
    shown.modseq = std::max(shown.modseq, mark->second.modseq);
    return shown;
}

std::shared_ptr<const Snapshot> SeenMarks::snapshot(
    const std::function<std::shared_ptr<const Snapshot>()>& stored) {
    const std::lock_guard lock(mutex_);
    const auto now = stored();
    if (shown_ && now == stored_ && touched_.empty()) return shown_;
    if (shown_ && shown_->uid_validity() == now->uid_validity()) {
        follow(*now);
    } else {
        SnapshotBuilder builder(now->uid_validity(), now->uid_next());
        now->for_each([&](std::size_t, const Message& message) { builder.append(shown_locked(message)); });
        builder.set_keywords(now->keywords());
        builder.set_uid_next(now->uid_next());
        builder.set_highest_modseq(now->highest_modseq());
        shown_ = builder.build();
    }
    stored_ = now;
    touched_.clear();
    return shown_;
}

// Costs what has changed only.
void SeenMarks::follow(const Snapshot& now) {
    const SnapshotDiff diff = SnapshotDiff::between(*stored_, now);
    SnapshotBuilder builder(*shown_);
    for (const Uid uid : diff.expunged_uids) {
        builder.remove(uid);
        marks_.erase(uid);
    }
    for (const std::size_t index : diff.changed)
        builder.put(shown_locked(now[index]));
    for (std::size_t index = now.size() - diff.added; index < now.size(); ++index)
        builder.append(shown_locked(now[index]));
    for (const Uid uid : touched_)
        if (const auto at = now.find(uid)) builder.put(shown_locked(now[*at]));
    builder.set_keywords(now.keywords());
    builder.set_uid_next(now.uid_next());
    builder.set_highest_modseq(now.highest_modseq());
    shown_ = builder.build();
}

void SeenMarks::take(const std::vector<SeenMark>& marks, const std::function<void()>& publish) {
    const std::lock_guard lock(mutex_);
    publish();
    for (const SeenMark& mark : marks) {
        marks_[mark.uid] = {mark.seen, mark.modseq};
        touched_.push_back(mark.uid);
    }
}

void SeenMarks::set(const SeenSwitch& state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    shown_.reset();
}

}  // namespace mailpipe::index
