#include "mailpipe/index/snapshot.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

namespace mailpipe::index {
namespace {

Message message(Uid uid, ModSeq modseq = 1, std::uint8_t flags = 0) {
    return {uid, flags, 0, modseq, 0, 0, uid};
}

std::shared_ptr<const Snapshot> numbered(Uid count) {
    SnapshotBuilder builder(7, 1);
    for (Uid uid = 1; uid <= count; ++uid)
        builder.append(message(uid));
    return builder.build();
}

std::vector<Uid> uids(const Snapshot& snapshot) {
    std::vector<Uid> all;
    snapshot.for_each([&all](std::size_t, const Message& each) { all.push_back(each.uid); });
    return all;
}

TEST(Snapshot, IsEmptyAtFirst) {
    const auto empty = SnapshotBuilder(7, 12).build();
    EXPECT_TRUE(empty->empty());
    EXPECT_EQ(empty->uid_validity(), 7U);
    EXPECT_EQ(empty->uid_next(), 12U);
    EXPECT_EQ(empty->lower_bound(1), 0U);
    EXPECT_FALSE(empty->find(1));
    EXPECT_TRUE(empty->keywords().empty());
    const auto diff = SnapshotDiff::between(*empty, *empty);
    EXPECT_EQ(diff.added, 0U);
}

TEST(Snapshot, FindsByNumberAndByUid) {
    const auto all = numbered(100'000);
    ASSERT_EQ(all->size(), 100'000U);
    EXPECT_EQ(all->uid_next(), 100'001U);
    for (const std::size_t index : {0U, 1U, 127U, 128U, 16383U, 16384U, 77'777U, 99'999U}) {
        EXPECT_EQ((*all)[index].uid, index + 1);
        EXPECT_EQ(all->find(static_cast<Uid>(index + 1)), index);
    }
    EXPECT_FALSE(all->find(100'001));
    EXPECT_EQ(all->lower_bound(100'001), 100'000U);
}

TEST(Snapshot, CountsWithoutLooking) {
    SnapshotBuilder builder(7, 1);
    builder.append(message(10, 1, kSeen));
    builder.append(message(20, 1, kDeleted));
    builder.append(message(30, 1, kSeen | kDeleted));
    builder.put(message(30, 2, kSeen));
    builder.remove(10);
    builder.remove(11);
    const auto built = builder.build();
    EXPECT_EQ(built->size(), 2U);
    EXPECT_EQ(built->unseen(), 1U);
    EXPECT_EQ(built->deleted(), 1U);
    EXPECT_EQ(built->octets(), 50U);
    EXPECT_EQ(built->deleted_octets(), 20U);
}

TEST(Snapshot, KeywordsAreFoundWithoutCase) {
    SnapshotBuilder builder(7, 1);
    builder.set_keywords({"$Forwarded", "work"});
    const auto built = builder.build();
    EXPECT_EQ(built->keyword("WORK"), 1U);
    EXPECT_FALSE(built->keyword("wor"));
}

TEST(Snapshot, DiffSaysWhatAClientIsTold) {
    const auto before = numbered(1000);
    SnapshotBuilder builder(*before);
    builder.remove(3);
    builder.remove(900);
    builder.put(message(5, 2, kSeen));
    builder.append(message(1001, 3));
    builder.append(message(1002, 3));
    const auto after = builder.build();
    const auto diff = SnapshotDiff::between(*before, *after);
    EXPECT_EQ(diff.expunged_numbers, (std::vector<std::uint32_t>{900, 3}));
    EXPECT_EQ(diff.expunged_uids, (std::vector<Uid>{3, 900}));
    EXPECT_EQ(diff.changed, (std::vector<std::size_t>{3}));
    EXPECT_EQ(diff.added, 2U);
    EXPECT_EQ((*before)[4].flags, 0);
    EXPECT_EQ(before->size(), 1000U);
}

TEST(Snapshot, KeepsWhatASessionMayNotBeToldIsGone) {
    const auto before = numbered(1000);
    SnapshotBuilder builder(*before);
    for (Uid uid = 100; uid < 400; ++uid)
        builder.remove(uid);
    builder.append(message(1001, 3));
    const auto after = builder.build();
    const auto kept = keep_expunged(*before, *after);
    EXPECT_EQ(kept->size(), 1001U);
    EXPECT_TRUE(SnapshotDiff::between(*before, *kept).expunged_uids.empty());
    EXPECT_EQ(SnapshotDiff::between(*before, *kept).added, 1U);
    EXPECT_EQ(SnapshotDiff::between(*kept, *after).expunged_uids.size(), 300U);
}

struct Model {
    std::map<Uid, Message> messages;
    Uid next = 1;
    ModSeq modseq = 1;

    void change(SnapshotBuilder& builder, std::mt19937& random) {
        const auto any = [&] { return 1 + random() % next; };
        const unsigned kind = random() % 10;
        if (kind < 4) {
            const Message added = message(next, ++modseq, random() % 32);
            builder.append(added);
            messages[next++] = added;
        } else if (kind < 7) {
            const Uid uid = any();
            builder.remove(uid);
            messages.erase(uid);
        } else if (const auto found = messages.lower_bound(any()); found != messages.end()) {
            found->second.flags = random() % 32;
            found->second.modseq = ++modseq;
            builder.put(found->second);
        }
    }
};

TEST(Snapshot, RandomChangesAreThoseOfAModel) {
    std::mt19937 random(7);
    Model model;
    auto last = SnapshotBuilder(7, 1).build();
    for (int round = 0; round < 300; ++round) {
        const std::map<Uid, Message> known = model.messages;
        SnapshotBuilder builder(*last);
        for (unsigned change = random() % 400; change > 0; --change)
            model.change(builder, random);
        const auto now = builder.build();
        ASSERT_EQ(now->size(), model.messages.size());
        std::size_t number = 0, unseen = 0;
        for (const auto& [uid, each] : model.messages) {
            ASSERT_EQ((*now)[number].uid, uid);
            ASSERT_EQ((*now)[number].modseq, each.modseq);
            ASSERT_EQ(now->lower_bound(uid), number++);
            unseen += (each.flags & kSeen) == 0 ? 1 : 0;
        }
        ASSERT_EQ(now->unseen(), unseen);
        auto told = uids(*last);
        const auto diff = SnapshotDiff::between(*last, *now);
        for (const auto each : diff.expunged_numbers)
            told.erase(told.begin() + each - 1);
        for (std::size_t index = now->size() - diff.added; index < now->size(); ++index)
            told.push_back((*now)[index].uid);
        ASSERT_EQ(told, uids(*now));
        std::size_t changed = 0;
        for (const auto& [uid, each] : model.messages)
            changed += known.count(uid) != 0 && known.at(uid).modseq != each.modseq ? 1 : 0;
        ASSERT_EQ(diff.changed.size(), changed);
        last = now;
    }
}

TEST(Snapshot, AChangeOfOneInAMillionCopiesNextToNothing) {
    auto last = numbered(1'000'000);
    const auto start = std::chrono::steady_clock::now();
    constexpr int kChanges = 1000;
    for (int i = 0; i < kChanges; ++i) {
        SnapshotBuilder builder(*last);
        builder.put(message(static_cast<Uid>(1 + i * 997), 2, kSeen));
        const auto now = builder.build();
        ASSERT_EQ(SnapshotDiff::between(*last, *now).changed.size(), 1U);
        last = now;
    }
    const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
    RecordProperty("microseconds", std::to_string(spent.count() / kChanges));
    std::printf("%.1f us a change\n", spent.count() / kChanges);
}

}  // namespace
}  // namespace mailpipe::index
