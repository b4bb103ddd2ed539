#include <algorithm>

#include "mailpipe/index/snapshot.hpp"

namespace mailpipe::index {

// UIDs ascend in both, and what is shared holds the same UIDs: the walks meet at the start of each piece that both have.
struct SnapshotDiffWalk {
    const std::vector<std::shared_ptr<const Snapshot::Group>>* groups;
    std::size_t group = 0, chunk = 0, message = 0;
    std::size_t index = 0;

    bool at_end() const { return group == groups->size(); }
    bool at_group() const { return chunk == 0 && message == 0; }
    bool at_chunk() const { return message == 0; }
    const Snapshot::Group& here() const { return *(*groups)[group]; }
    const Message& get() const { return (*here().chunks[chunk])[message]; }

    void skip_group() {
        index += here().first.back();
        ++group;
    }
    void skip_chunk() {
        index += here().chunks[chunk]->size();
        message = 0;
        if (++chunk < here().chunks.size()) return;
        chunk = 0;
        ++group;
    }
    void step() {
        ++index;
        if (++message < here().chunks[chunk]->size()) return;
        message = 0;
        if (++chunk < here().chunks.size()) return;
        chunk = 0;
        ++group;
    }
    bool shares_group(const SnapshotDiffWalk& other) const {
        return at_group() && other.at_group() && (*groups)[group] == (*other.groups)[other.group];
    }
    bool shares_chunk(const SnapshotDiffWalk& other) const {
        return at_chunk() && other.at_chunk() && here().chunks[chunk] == other.here().chunks[other.chunk];
    }
};

SnapshotDiff SnapshotDiff::between(const Snapshot& before, const Snapshot& after) {
    SnapshotDiff diff;
    SnapshotDiffWalk old{&before.groups_};
    SnapshotDiffWalk now{&after.groups_};
    const auto gone = [&diff, &old] {
        diff.expunged_numbers.push_back(static_cast<std::uint32_t>(old.index + 1));
        diff.expunged_uids.push_back(old.get().uid);
        old.step();
    };
    while (!old.at_end() && !now.at_end()) {
        if (old.shares_group(now)) {
            old.skip_group();
            now.skip_group();
        } else if (old.shares_chunk(now)) {
            old.skip_chunk();
            now.skip_chunk();
        } else if (old.get().uid < now.get().uid) {
            gone();
        } else if (now.get().uid < old.get().uid) {
            ++diff.added;
            now.step();
        } else {
            if (old.get().modseq != now.get().modseq) diff.changed.push_back(now.index);
            old.step();
            now.step();
        }
    }
    while (!old.at_end())
        gone();
    diff.added += after.size() - now.index;
    std::reverse(diff.expunged_numbers.begin(), diff.expunged_numbers.end());
    return diff;
}

std::shared_ptr<const Snapshot> keep_expunged(const Snapshot& before, const Snapshot& after) {
    SnapshotBuilder builder(after);
    for (const Uid uid : SnapshotDiff::between(before, after).expunged_uids)
        builder.put(before[*before.find(uid)]);
    return builder.build();
}

}  // namespace mailpipe::index
