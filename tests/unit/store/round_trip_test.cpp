#include <sys/resource.h>

#include <algorithm>
#include <csignal>

#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class RoundTrip : public StoreTest, public ::testing::WithParamInterface<Format> {};

TEST_P(RoundTrip, OddTextsComeBackOctetForOctet) {
    std::vector<std::string> expected;
    auto to = writer(GetParam(), path("box"));
    for (const auto& odd : odd_texts()) {
        const auto staged = stage(*to, odd.text, {}, 1'700'000'000, 4093);
        EXPECT_EQ(staged.size, odd.text.size()) << odd.name;
        expected.push_back(odd.comes_back);
    }
    ASSERT_TRUE(to->make_durable());
    const auto ids = to->publish();
    ASSERT_TRUE(ids) << ids.error().message;
    auto from = reader(GetParam(), path("box"));
    const auto entries = from->list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& entry = (*entries)[i];
        EXPECT_EQ(entry.id, (*ids)[i]);
        const auto opened = from->open(entry.id);
        ASSERT_TRUE(opened);
        EXPECT_EQ(entry.received_at ? entry.received_at : (*opened)->received_at(), 1'700'000'000);
        const auto text = read_message(*from, entry.id);
        EXPECT_TRUE(text == expected[i]) << odd_texts()[i].name;
        EXPECT_EQ(entry.size, expected[i].size()) << odd_texts()[i].name;
        Entry without_size = entry;
        without_size.size.reset();
        EXPECT_EQ(from->size(without_size).value(), expected[i].size());
    }
}

TEST_P(RoundTrip, PiecesOfOneOctet) {
    std::vector<std::string> expected;
    auto to = writer(GetParam(), path("box"));
    for (const auto& odd : odd_texts()) {
        if (odd.text.size() > 1000) continue;
        stage(*to, odd.text, {}, 1'700'000'000, 1);
        expected.push_back(odd.comes_back);
    }
    ASSERT_TRUE(to->publish());
    EXPECT_EQ(read_all(GetParam(), path("box")), expected);
}

TEST_P(RoundTrip, NothingIsSeenBeforePublish) {
    auto to = writer(GetParam(), path("box"));
    stage(*to, "Subject: a\r\n\r\n");
    EXPECT_TRUE(read_all(GetParam(), path("box")).empty());
    ASSERT_TRUE(to->make_durable());
    EXPECT_TRUE(read_all(GetParam(), path("box")).empty());
    ASSERT_TRUE(to->publish());
    EXPECT_EQ(read_all(GetParam(), path("box")).size(), 1U);
}

TEST_P(RoundTrip, AbandonedMessageLeavesNothing) {
    auto to = writer(GetParam(), path("box"));
    stage(*to, "Subject: before\r\n\r\n");
    ASSERT_TRUE(to->begin());
    ASSERT_TRUE(to->append("Subject: half\r\n"));
    to->abandon();
    ASSERT_TRUE(to->begin());
    ASSERT_TRUE(to->append(std::string(1'000'000, 'x')));  // more than is held in memory
    to->abandon();
    stage(*to, "Subject: after\r\n\r\n");
    ASSERT_TRUE(to->publish());
    EXPECT_EQ(read_all(GetParam(), path("box")),
              (std::vector<std::string>{"Subject: before\r\n\r\n", "Subject: after\r\n\r\n"}));
}

TEST_P(RoundTrip, DiscardAndDestructionLeaveNothing) {
    {
        auto to = writer(GetParam(), path("box"));
        stage(*to, "Subject: a\r\n\r\n");
        ASSERT_TRUE(to->make_durable());
        stage(*to, "Subject: b\r\n\r\n");
        to->discard();
        ASSERT_TRUE(to->publish()->empty());
        stage(*to, "Subject: c\r\n\r\n");
    }
    EXPECT_TRUE(read_all(GetParam(), path("box")).empty());
    const auto spool = path(GetParam() == Format::maildir ? "box/tmp" : ".box.mailpipe");
    EXPECT_TRUE(files_in(spool).empty());
}

TEST_P(RoundTrip, GroupsKeepTheOrder) {
    auto to = writer(GetParam(), path("box"));
    std::vector<std::string> expected;
    for (int i = 0; i < 50; ++i) {
        expected.push_back("Subject: " + std::to_string(i) + "\r\n\r\n");
        stage(*to, expected.back());
        if (i % 7 == 0) {
            ASSERT_TRUE(to->make_durable());
        }
        if (i % 13 == 0) {
            ASSERT_TRUE(to->publish());
        }
    }
    ASSERT_TRUE(to->publish());
    ASSERT_TRUE(to->settle());
    EXPECT_EQ(read_all(GetParam(), path("box")), expected);
}

TEST_P(RoundTrip, OddIdsNeverLeaveTheMailbox) {
    write_file(path("secret"), "From secret\n");
    auto to = writer(GetParam(), path("box"));
    stage(*to, "Subject: a\r\n\r\n");
    ASSERT_TRUE(to->publish());
    auto from = reader(GetParam(), path("box"));
    for (const std::string id :
         {"", ".", "..", "../secret", "/etc/passwd", "new/../../secret", "-1", "1", "0x0",
          "99999999999999999999", "9223372036854775807", "18446744073709551615"}) {
        const auto message = from->open(id);
        ASSERT_FALSE(message) << id;
        EXPECT_EQ(message.error().kind, Errc::not_found) << id;
    }
    for (const std::string id : {"../secret", "/etc/passwd", "..-0-5", "../../secret-0-11", "", "a", "a-b-c"}) {
        const auto entries = to->recover({id});
        ASSERT_TRUE(entries) << id;
        EXPECT_EQ(*entries, std::vector<std::string>{""});
    }
    EXPECT_EQ(read_file(path("secret")), "From secret\n");
}

// Every point between the steps at which a process can be killed, and what the caller's journal then holds.
TEST_P(RoundTrip, KilledBetweenTheSteps) {
    const std::string a = "Subject: a\r\n\r\nFrom a\r\n";
    const std::string b = "Subject: b\r\n\r\nno final line end";
    for (const int steps : {1, 2, 3, 4}) {
        const auto box = path("box" + std::to_string(steps));
        in_killed_process([&] {
            auto to = writer(GetParam(), box);
            std::string ids = stage(*to, a).id + "\n";
            ids += stage(*to, b, {"$seen"}).id + "\n";
            write_file(box + ".ids", ids);
            if (steps >= 2 && !to->make_durable()) throw std::runtime_error("make_durable");
            if (steps >= 3 && !to->publish()) throw std::runtime_error("publish");
            if (steps >= 4) stage(*to, "Subject: half\r\n");
        });
        std::vector<std::string> ids;
        std::ifstream file(box + ".ids");
        for (std::string line; std::getline(file, line);)
            ids.push_back(line);
        ASSERT_EQ(ids.size(), 2U);
        for (int run = 0; run < 2; ++run) {
            auto to = writer(GetParam(), box);
            const auto entries = to->recover(ids);
            ASSERT_TRUE(entries) << entries.error().message;
            // Staged and not made durable, what was written may have survived, or not.
            if (steps < 2) continue;
            auto from = reader(GetParam(), box);
            EXPECT_EQ(read_message(*from, (*entries)[0]), a) << steps;
            EXPECT_EQ(read_message(*from, (*entries)[1]), b) << steps;
            EXPECT_EQ(read_all(GetParam(), box), (std::vector<std::string>{a, b})) << steps;
        }
    }
}

TEST_P(RoundTrip, RecoverBringsOnlyWhatTheJournalNames) {
    const auto box = path("box");
    in_killed_process([&] {
        auto to = writer(GetParam(), box);
        stage(*to, "Subject: a\r\n\r\n");
        const auto staged = stage(*to, "Subject: b\r\n\r\n");
        stage(*to, "Subject: c\r\n\r\n");
        write_file(box + ".ids", staged.id);
        if (!to->make_durable()) throw std::runtime_error("make_durable");
    });
    auto to = writer(GetParam(), box);
    ASSERT_TRUE(to->recover({read_file(box + ".ids")}));
    EXPECT_EQ(read_all(GetParam(), box), (std::vector<std::string>{"Subject: b\r\n\r\n"}));
}

TEST_P(RoundTrip, UnwritablePlaces) {
    std::filesystem::create_directory(path("locked"));
    std::filesystem::permissions(path("locked"), static_cast<std::filesystem::perms>(0555));
    std::filesystem::permissions(root_, static_cast<std::filesystem::perms>(0755));
    in_killed_process([&] {
        constexpr uid_t kNobody = 65534;
        if (::geteuid() == 0 && ::setuid(kNobody) != 0) throw std::runtime_error("setuid");
        const auto opened = open_writer(GetParam(), path("locked/box"));
        if (opened || opened.error().kind != Errc::cannot_create) throw std::runtime_error("opened");
        if (opened.error().message.find("locked/") == std::string::npos) throw std::runtime_error("unnamed");
    });
}

TEST_P(RoundTrip, SomethingElseIsThere) {
    write_file(path("letter"), "Dear all,\n");
    std::filesystem::create_directories(path("photos/2026"));
    write_file(path("photos/a.jpg"), "");
    const auto target = GetParam() == Format::maildir ? "letter" : "photos";
    const auto opened = open_writer(GetParam(), path(target));
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().kind == Errc::data || opened.error().kind == Errc::io) << opened.error().message;
    if (GetParam() == Format::maildir) {
        const auto photos = open_writer(GetParam(), path("photos"));
        ASSERT_FALSE(photos);
        EXPECT_EQ(photos.error().kind, Errc::data);
    }
    const auto none = open_reader(GetParam(), path("nothing"));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, Errc::not_found);
}

// /dev/full cannot hold a Maildir; a limit on the file size fails in the middle of a write as a full disk does.
TEST_P(RoundTrip, WriteThatFailsLeavesNothingHalf) {
    const auto box = path("box");
    const std::string before = "Subject: before\r\n\r\n";
    {
        auto to = writer(GetParam(), box);
        stage(*to, before);
        ASSERT_TRUE(to->publish());
    }
    in_killed_process([&] {
        auto to = writer(GetParam(), box);
        struct rlimit limit {
            100'000, 100'000
        };
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        bool failed = !to->begin();
        for (int i = 0; i < 100 && !failed; ++i)
            failed = !to->append(std::string(10'000, 'x'));
        if (!failed) failed = !to->finish({}, std::nullopt);
        if (!failed) failed = !to->publish();
        if (!failed) throw std::runtime_error("written all the same");
        stage(*to, "Subject: after\r\n\r\n");
        const auto published = to->publish();
        if (!published || published->size() != 1) throw std::runtime_error("the writer is of no use any more");
    });
    EXPECT_EQ(read_all(GetParam(), box), (std::vector<std::string>{before, "Subject: after\r\n\r\n"}));
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTrip, ::testing::Values(Format::maildir, Format::mbox),
                         [](const auto& format) {
                             return format.param == Format::maildir ? "Maildir" : "Mbox";
                         });

}  // namespace
}  // namespace mailpipe::store::test
