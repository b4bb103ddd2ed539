#include <algorithm>
#include <utility>

#include "mailpipe/index/snapshot.hpp"

namespace mailpipe::index {

// A tree of three levels, of which only what is changed is copied. What is `owned` was made by this builder, which alone
// knows it, and may be changed in place.
struct SnapshotBuilder::Impl {
    using Chunk = Snapshot::Chunk;
    struct OpenChunk {
        std::shared_ptr<const Chunk> shared;
        std::shared_ptr<Chunk> owned;

        const Chunk& get() const { return owned ? *owned : *shared; }
        Chunk& edit() {
            if (!owned) {
                owned = std::make_shared<Chunk>();
                owned->reserve(Snapshot::kChunk);
                owned->assign(shared->begin(), shared->end());
            }
            return *owned;
        }
    };
    struct OpenGroup {
        std::shared_ptr<const Snapshot::Group> shared;
        std::vector<OpenChunk> chunks;  // when it is open
        bool open = false;

        Uid last() const { return open ? chunks.back().get().back().uid : shared->chunks.back()->back().uid; }
        void edit() {
            if (std::exchange(open, true) || !shared) return;
            chunks.reserve(shared->chunks.size() + 1);
            for (const auto& chunk : shared->chunks)
                chunks.push_back({chunk, nullptr});
        }
    };

    explicit Impl(const Snapshot& from) : next(std::make_shared<Snapshot>(from)) {
        groups.reserve(from.groups_.size() + 1);
        for (const auto& group : from.groups_)
            groups.push_back({group, {}, false});
    }

    void count(const Message& message, int sign) {
        const auto add = [sign](auto& counter, auto amount) {
            sign > 0 ? counter += amount : counter -= amount;
        };
        add(next->size_, 1U);
        add(next->octets_, message.size);
        if ((message.flags & kSeen) == 0) add(next->unseen_, 1U);
        if ((message.flags & kDeleted) == 0) return;
        add(next->deleted_, 1U);
        add(next->deleted_octets_, message.size);
    }

    static void split_full(std::vector<OpenChunk>& chunks, std::size_t at) {
        Chunk& full = chunks[at].edit();
        if (full.size() <= Snapshot::kChunk) return;
        const auto middle = full.begin() + static_cast<std::ptrdiff_t>(full.size() / 2);
        auto rest = std::make_shared<Chunk>(middle, full.end());
        full.erase(middle, full.end());
        chunks.insert(chunks.begin() + static_cast<std::ptrdiff_t>(at) + 1, {nullptr, std::move(rest)});
    }

    void split_full_group(std::size_t at) {
        auto& chunks = groups[at].chunks;
        if (chunks.size() <= Snapshot::kGroup) return;
        OpenGroup rest;
        rest.open = true;
        const auto middle = chunks.begin() + static_cast<std::ptrdiff_t>(chunks.size() / 2);
        rest.chunks.assign(std::make_move_iterator(middle), std::make_move_iterator(chunks.end()));
        chunks.erase(middle, chunks.end());
        groups.insert(groups.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(rest));
    }

    void append(const Message& message) {
        if (groups.empty() ||
            (groups.back().edit(), groups.back().chunks.size() == Snapshot::kGroup &&
                                       groups.back().chunks.back().get().size() >= Snapshot::kChunk)) {
            groups.emplace_back();
            groups.back().open = true;
        }
        auto& chunks = groups.back().chunks;
        if (chunks.empty() || chunks.back().get().size() >= Snapshot::kChunk) {
            chunks.push_back({nullptr, std::make_shared<Chunk>()});
            chunks.back().owned->reserve(Snapshot::kChunk);
        }
        chunks.back().edit().push_back(message);
        count(message, 1);
        next->uid_next_ = std::max(next->uid_next_, message.uid + 1);
    }

    // The group and the chunk that hold the UID, or would.
    std::optional<std::pair<std::size_t, std::size_t>> place(Uid uid) {
        const auto group = std::partition_point(groups.begin(), groups.end(),
                                                [uid](const OpenGroup& each) { return each.last() < uid; });
        if (group == groups.end()) return std::nullopt;
        group->edit();
        const auto chunk =
            std::partition_point(group->chunks.begin(), group->chunks.end(),
                                 [uid](const OpenChunk& each) { return each.get().back().uid < uid; });
        return std::pair(static_cast<std::size_t>(group - groups.begin()),
                         static_cast<std::size_t>(chunk - group->chunks.begin()));
    }

    static Chunk::iterator find(Chunk& chunk, Uid uid) {
        return std::lower_bound(chunk.begin(), chunk.end(), uid,
                                [](const Message& each, Uid wanted) { return each.uid < wanted; });
    }

    void put(const Message& message) {
        const auto where = place(message.uid);
        if (!where) {
            const Uid uid_next = next->uid_next_;
            append(message);
            next->uid_next_ = std::max(uid_next, message.uid + 1);
            return;
        }
        auto& chunks = groups[where->first].chunks;
        Chunk& chunk = chunks[where->second].edit();
        const auto at = find(chunk, message.uid);
        count(message, 1);
        if (at->uid == message.uid) {
            count(*at, -1);
            *at = message;
            return;
        }
        chunk.insert(at, message);
        split_full(chunks, where->second);
        split_full_group(where->first);
    }

    void remove(Uid uid) {
        const auto where = place(uid);
        if (!where) return;
        auto& chunks = groups[where->first].chunks;
        const Chunk& seen = chunks[where->second].get();
        if (!std::binary_search(seen.begin(), seen.end(), Message{uid},
                                [](const Message& a, const Message& b) { return a.uid < b.uid; }))
            return;
        Chunk& chunk = chunks[where->second].edit();
        const auto at = find(chunk, uid);
        count(*at, -1);
        chunk.erase(at);
        if (chunk.empty()) chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(where->second));
        if (chunks.empty()) groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(where->first));
    }

    // Small neighbours become one, so that what is left after many removals is not a list of chunks of one message each.
    static std::shared_ptr<const Snapshot::Group> close(std::vector<OpenChunk>& chunks) {
        auto group = std::make_shared<Snapshot::Group>();
        group->chunks.reserve(chunks.size());
        OpenChunk* last = nullptr;
        for (OpenChunk& chunk : chunks) {
            if (last != nullptr && chunk.get().size() + last->get().size() <= Snapshot::kChunk / 2) {
                Chunk& merged = last->edit();
                merged.insert(merged.end(), chunk.get().begin(), chunk.get().end());
                group->chunks.back() = last->owned;
                group->first.back() += static_cast<std::uint32_t>(chunk.get().size());
                continue;
            }
            last = &chunk;
            group->chunks.push_back(chunk.owned ? chunk.owned : chunk.shared);
            group->first.push_back(group->first.back() + static_cast<std::uint32_t>(chunk.get().size()));
        }
        return group;
    }

    std::shared_ptr<const Snapshot> build() {
        next->groups_.clear();
        next->groups_.reserve(groups.size());
        next->first_.assign(1, 0);
        next->first_.reserve(groups.size() + 1);
        for (OpenGroup& group : groups) {
            if (group.open) group.shared = close(group.chunks);
            group.chunks.clear();
            group.open = false;
            next->groups_.push_back(group.shared);
            next->first_.push_back(next->first_.back() + group.shared->first.back());
        }
        return std::make_shared<const Snapshot>(*next);
    }

    std::shared_ptr<Snapshot> next;
    std::vector<OpenGroup> groups;
};

SnapshotBuilder::SnapshotBuilder(const Snapshot& from) : impl_(std::make_unique<Impl>(from)) {}
SnapshotBuilder::SnapshotBuilder(std::uint32_t uid_validity, Uid uid_next)
    : impl_(std::make_unique<Impl>(Snapshot())) {
    impl_->next->uid_validity_ = uid_validity;
    impl_->next->uid_next_ = uid_next;
}
SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::append(const Message& message) {
    impl_->append(message);
}
void SnapshotBuilder::put(const Message& message) {
    impl_->put(message);
}
void SnapshotBuilder::remove(Uid uid) {
    impl_->remove(uid);
}
void SnapshotBuilder::set_keywords(std::vector<std::string> keywords) {
    impl_->next->keywords_ = std::make_shared<const std::vector<std::string>>(std::move(keywords));
}
void SnapshotBuilder::set_uid_next(Uid uid_next) {
    impl_->next->uid_next_ = uid_next;
}
void SnapshotBuilder::set_highest_modseq(ModSeq modseq) {
    impl_->next->highest_modseq_ = modseq;
}
std::shared_ptr<const Snapshot> SnapshotBuilder::build() {
    return impl_->build();
}

}  // namespace mailpipe::index
