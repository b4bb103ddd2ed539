#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/index/message.hpp"

namespace mailpipe::index {

using UidRange = std::pair<Uid, Uid>;     // first <= last
using UidRanges = std::vector<UidRange>;  // ascending, apart

// A mailbox as it was at one moment, in the order of UIDs; immutable, and safe from any thread. Snapshots of one mailbox share
// what did not change between them: a change costs a chunk or a few and a table of pointers, a session with an old one
// costs nothing but what has changed since.
class Snapshot {
 public:
    static constexpr std::size_t kChunk = 128;  // messages at most
    static constexpr std::size_t kGroup = 128;  // chunks at most
    using Chunk = std::vector<Message>;         // never empty

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const Message& operator[](std::size_t index) const;  // message number - 1
    std::optional<std::size_t> find(Uid uid) const;
    std::size_t lower_bound(Uid uid) const;  // of the first message with that UID or a greater one

    std::uint32_t uid_validity() const { return uid_validity_; }
    Uid uid_next() const { return uid_next_; }
    ModSeq highest_modseq() const { return highest_modseq_; }
    const std::vector<std::string>& keywords() const { return *keywords_; }  // bit n of Message::keywords
    std::optional<std::size_t> keyword(std::string_view name) const;         // without case
    std::size_t unseen() const { return unseen_; }
    std::size_t deleted() const { return deleted_; }
    std::uint64_t octets() const { return octets_; }
    std::uint64_t deleted_octets() const { return deleted_octets_; }

    // Calls `use(index, message)` for each from the first; quicker than operator[] for many.
    template <class Use>
    void for_each(const Use& use) const {
        std::size_t index = 0;
        for (const auto& group : groups_)
            for (const auto& chunk : group->chunks)
                for (const Message& message : *chunk)
                    use(index++, message);
    }

    Snapshot() : keywords_(std::make_shared<const std::vector<std::string>>()) {}

    friend class SnapshotBuilder;
    friend struct SnapshotDiff;
    friend struct SnapshotDiffWalk;

 private:
    // `first[n]`: how many messages are before the n-th; one more than there are.
    struct Group {
        std::vector<std::shared_ptr<const Chunk>> chunks;  // never empty
        std::vector<std::uint32_t> first{0};
    };
    std::vector<std::shared_ptr<const Group>> groups_;
    std::vector<std::uint32_t> first_{0};
    std::shared_ptr<const std::vector<std::string>> keywords_;
    std::size_t size_ = 0;
    std::uint32_t uid_validity_ = 0;
    Uid uid_next_ = 1;
    ModSeq highest_modseq_ = 1;
    std::size_t unseen_ = 0, deleted_ = 0;
    std::uint64_t octets_ = 0, deleted_octets_ = 0;
};

// Makes the next snapshot of a mailbox out of one.
class SnapshotBuilder {
 public:
    explicit SnapshotBuilder(const Snapshot& from);
    SnapshotBuilder(std::uint32_t uid_validity, Uid uid_next);
    SnapshotBuilder(const SnapshotBuilder&) = delete;
    SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

    void append(const Message& message);  // its UID is greater than all, and uid_next follows it
    void put(
        const Message&
            message);  // in the place of the one with this UID; or between others: for what a session still holds
    void remove(Uid uid);
    void set_keywords(std::vector<std::string> keywords);
    void set_uid_next(Uid uid_next);
    void set_highest_modseq(ModSeq modseq);
    std::shared_ptr<const Snapshot> build();
    ~SnapshotBuilder();

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// What a client that knows `before` has to be told to know `after`. Chunks that both share are skipped.
struct SnapshotDiff {
    std::vector<std::uint32_t>
        expunged_numbers;              // of `before`, descending: each is right when those before it have gone
    std::vector<Uid> expunged_uids;    // ascending
    std::vector<std::size_t> changed;  // indices into `after` of messages in both whose modseq is another
    std::size_t added = 0;             // the last so many of `after` are not in `before`

    static SnapshotDiff between(const Snapshot& before, const Snapshot& after);
};

// `after` with the messages of `before` that it has no more: for a session that may not be told of expunged messages now.
std::shared_ptr<const Snapshot> keep_expunged(const Snapshot& before, const Snapshot& after);

}  // namespace mailpipe::index
