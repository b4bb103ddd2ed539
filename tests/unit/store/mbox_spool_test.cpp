#include "mailpipe/store/mbox_spool.hpp"

#include <csignal>

#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MboxSpoolTest : public StoreTest {
 protected:
    MboxSpoolTest() : StoreTest(memory_directory()) {}

    static constexpr std::string_view kOld = "From x Thu Jan  1 00:00:00 1970\nSubject: old\n\n\n";

    // Two messages are staged and durable when the process is killed.
    void stage_two() {
        write_file(path("box"), kOld);
        in_killed_process([&] {
            auto to = writer(Format::mbox, path("box"));
            std::string ids = stage(*to, texts_[1]).id + "\n";
            ids += stage(*to, texts_[2]).id + "\n";
            write_file(path("ids"), ids);
            if (!to->make_durable()) throw std::runtime_error("make_durable");
        });
        std::ifstream file(path("ids"));
        for (std::string line; std::getline(file, line);)
            ids_.push_back(line);
        const auto first = parse_staged_id(ids_.at(0));
        const auto second = parse_staged_id(ids_.at(1));
        segment_ = first->segment;
        content_ = read_file(path(".box.mailpipe/" + segment_));
        const PublishRecord record{kOld.size(), "", {first->range, second->range}};
        write_file(path(".box.mailpipe/" + segment_ + ".publish"), encode_record(record));
    }

    std::vector<std::string> texts_{"Subject: old\r\n\r\n", "Subject: a\r\n\r\nFrom a\r\n",
                                    "Subject: b\r\n\r\nb\r\n"};
    std::vector<std::string> ids_;
    std::string segment_;
    std::string content_;
};

// SIGKILL in the middle of the write leaves any beginning of the group in the mbox.
TEST_F(MboxSpoolTest, KilledInTheMiddleOfPublishing) {
    stage_two();
    const auto spool = path(".box.mailpipe");
    std::filesystem::copy(spool, path("spool"), std::filesystem::copy_options::recursive);
    for (std::size_t written = 0; written <= content_.size(); ++written) {
        write_file(path("box"), std::string(kOld) + content_.substr(0, written));
        std::filesystem::remove_all(spool);
        std::filesystem::copy(path("spool"), spool, std::filesystem::copy_options::recursive);
        for (int run = 0; run < 2; ++run) {
            auto to = writer(Format::mbox, path("box"));
            const auto entries = to->recover(ids_);
            ASSERT_TRUE(entries) << entries.error().message;
            auto from = reader(Format::mbox, path("box"));
            EXPECT_EQ(read_message(*from, entries->at(0)), texts_[1]);
            EXPECT_EQ(read_message(*from, entries->at(1)), texts_[2]);
            ASSERT_EQ(read_all(Format::mbox, path("box")), texts_) << written;
        }
    }
    auto to = writer(Format::mbox, path("box"));
    ASSERT_TRUE(to->recover(ids_));
    ASSERT_TRUE(to->settle());
    EXPECT_TRUE(files_in(spool).empty());
}

// The same, and another program delivers before the next run: no half message stays, and its message is whole.
TEST_F(MboxSpoolTest, AnotherProgramDeliversAfterTheKill) {
    stage_two();
    const std::string other = "From other@example.org Thu Jan  1 00:00:00 1970\nSubject: other\n\n\n";
    const auto spool = path(".box.mailpipe");
    std::filesystem::copy(spool, path("spool"), std::filesystem::copy_options::recursive);
    std::vector<std::string> expected = texts_;
    expected.insert(expected.begin() + 1, "Subject: other\r\n\r\n");
    for (std::size_t written = 0; written < content_.size(); ++written) {
        write_file(path("box"), std::string(kOld) + content_.substr(0, written) + other);
        std::filesystem::remove_all(spool);
        std::filesystem::copy(path("spool"), spool, std::filesystem::copy_options::recursive);
        auto to = writer(Format::mbox, path("box"));
        ASSERT_TRUE(to->recover(ids_));
        EXPECT_EQ(read_all(Format::mbox, path("box")), expected) << written;
    }
}

TEST_F(MboxSpoolTest, MboxShortenedMeanwhile) {
    stage_two();
    write_file(path("box"), "");
    auto to = writer(Format::mbox, path("box"));
    ASSERT_TRUE(to->recover(ids_));
    EXPECT_EQ(read_all(Format::mbox, path("box")), (std::vector<std::string>{texts_[1], texts_[2]}));
}

TEST_F(MboxSpoolTest, TornRecordMeansNothingWasWritten) {
    stage_two();
    write_file(path(".box.mailpipe/" + segment_ + ".publish"), "47 0\n0 1");
    auto to = writer(Format::mbox, path("box"));
    ASSERT_EQ(to->recover(ids_)->size(), 2U);
    EXPECT_EQ(read_all(Format::mbox, path("box")), texts_);
}

TEST_F(MboxSpoolTest, SeparatesFromWhatHasNoEmptyLine) {
    for (const std::string end : {"", "\n", "\n\n"}) {
        write_file(path("box"), "From x\nSubject: x\n\nbody" + end);
        auto to = writer(Format::mbox, path("box"));
        stage(*to, "Subject: y\r\n\r\n");
        ASSERT_TRUE(to->publish());
        EXPECT_EQ(read_all(Format::mbox, path("box")),
                  (std::vector<std::string>{"Subject: x\r\n\r\nbody\r\n", "Subject: y\r\n\r\n"}));
    }
}

TEST_F(MboxSpoolTest, DotLocks) {
    auto to = writer(Format::mbox, path("box"));
    // A process that is gone, on this host.
    pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    write_file(path("box.lock"), std::to_string(child) + ":" + host_name() + "\n");
    stage(*to, "Subject: a\r\n\r\n");
    ASSERT_TRUE(to->publish());
    EXPECT_FALSE(std::filesystem::exists(path("box.lock")));
    // A lock without a name, older than five minutes.
    write_file(path("box.lock"), "");
    std::filesystem::last_write_time(path("box.lock"),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::minutes(6));
    stage(*to, "Subject: b\r\n\r\n");
    ASSERT_TRUE(to->publish());
    EXPECT_EQ(read_all(Format::mbox, path("box")).size(), 2U);
}

TEST_F(MboxSpoolTest, NotAnMbox) {
    write_file(path("box"), "Dear all,\n");
    auto to = writer(Format::mbox, path("box"));
    stage(*to, "Subject: a\r\n\r\n");
    const auto published = to->publish();
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().kind, Errc::data);
    EXPECT_EQ(read_file(path("box")), "Dear all,\n");
}

TEST(MboxSpoolRecordTest, RoundTripAndTornRecords) {
    const PublishRecord record{123, "\n", {{0, 5}, {5, 7}}};
    const auto text = encode_record(record);
    const auto parsed = parse_record(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->start, 123U);
    EXPECT_EQ(parsed->separator, "\n");
    ASSERT_EQ(parsed->ranges.size(), 2U);
    EXPECT_EQ(parsed->ranges[1].length, 7U);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_record(text.substr(0, size))) << size;
    for (const char* bad : {"end\n", "x y\nend\n", "1 9\nend\n", "1 2 3\nend\n", "1\nend\n"}) {
        EXPECT_FALSE(parse_record(bad)) << bad;
    }
    EXPECT_EQ(parse_staged_id("1.M2.my-host-10-20")->segment, "1.M2.my-host");
    for (const char* bad : {"", "-", "a-1", "a-1-", "a-x-1", "/x-1-2", ".x-1-2", "-1-2"}) {
        EXPECT_FALSE(parse_staged_id(bad)) << bad;
    }
}

}  // namespace
}  // namespace mailpipe::store::test
