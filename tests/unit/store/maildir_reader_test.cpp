#include <fcntl.h>
#include <sys/stat.h>

#include "mailpipe/wire/line_ends.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MaildirReaderTest : public StoreTest {
 protected:
    MaildirReaderTest() {
        for (const char* name : {"box", "box/new", "box/cur", "box/tmp"})
            std::filesystem::create_directory(path(name));
    }
    void put(int number, const std::string& disk_text) {
        write_file(path("box/cur/" + std::to_string(number) + ".M0P1.h:2,"), disk_text);
    }
};

std::string read_whole(MessageReader& message) {
    std::string text;
    while (true) {
        const auto piece = message.read();
        if (!piece) throw std::runtime_error(piece.error().message);
        if (piece->empty()) return text;
        text += *piece;
    }
}

TEST_F(MaildirReaderTest, TheHeaderComesFirstAndByItself) {
    struct Row {
        std::string disk_text;
        std::string first;
        bool is_header;
        std::string rest;
    };
    const std::string large(10'000, 'x');
    const Row rows[] = {
        {"a: b\n\nbody\n\nmore", "a: b\r\n\r\n", true, "body\r\n\r\nmore"},
        {"a: b\r\nc: d\r\n\r\nbody\r\n", "a: b\r\nc: d\r\n\r\n", true, "body\r\n"},
        {"a: b\n\r\nbody\n\n", "a: b\r\n\r\n", true, "body\r\n\r\n"},
        {"a: b\r\r\n\nbody", "a: b\r\r\n\r\n", true, "body"},
        {"\nbody", "\r\n", true, "body"},
        {"a: b\n\n", "a: b\r\n\r\n", true, ""},
        {"a: b\n", "a: b\r\n", false, ""},
        {"a: b\r", "a: b\r", false, ""},
        {"", "", false, ""},
        {"a: " + std::string(5000, 'x') + "\n\nbody", "a: " + std::string(5000, 'x') + "\r\n\r\n", true,
         "body"},
        {large + "\n\nbody", large, false, "\r\n\r\nbody"},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i)
        put(static_cast<int>(100 + i), rows[i].disk_text);
    const auto opened = reader(Format::maildir, path("box"));
    const auto entries = opened->list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), std::size(rows));
    // In either order: nothing of one message is left for the next one in its memory.
    std::unique_ptr<MessageReader> message;
    for (std::size_t turn = 0; turn < 2 * std::size(rows); ++turn) {
        const std::size_t i = turn < std::size(rows) ? turn : 2 * std::size(rows) - 1 - turn;
        SCOPED_TRACE(rows[i].disk_text.substr(0, 40));
        auto next = opened->open_entry((*entries)[i], std::move(message));
        ASSERT_TRUE(next) << next.error().message;
        message = std::move(*next);
        const auto piece = message->read();
        ASSERT_TRUE(piece);
        const std::string first(*piece);
        EXPECT_EQ(message->is_header(), rows[i].is_header);
        if (rows[i].is_header) {
            EXPECT_EQ(first, rows[i].first);
        }
        EXPECT_EQ(first + read_whole(*message), rows[i].first + rows[i].rest);
        EXPECT_FALSE(message->is_header());
    }
}

TEST_F(MaildirReaderTest, FollowsWhatHappensMeanwhile) {
    for (const int number : {1, 2, 3, 4})
        put(number, "n: " + std::to_string(number) + "\n\n");
    const auto opened = reader(Format::maildir, path("box"));
    const auto entries = opened->list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 4U);
    auto message = opened->open_entry((*entries)[0], nullptr);
    ASSERT_TRUE(message);
    std::filesystem::rename(path("box/cur/2.M0P1.h:2,"), path("box/cur/2.M0P1.h:2,S"));
    std::filesystem::remove(path("box/cur/3.M0P1.h:2,"));
    message = opened->open_entry((*entries)[1], std::move(*message));
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(read_whole(**message), "n: 2\r\n\r\n");
    const auto gone = opened->open_entry((*entries)[2], std::move(*message));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().kind, Errc::not_found);
    // Of the list before, whose rows are not those of the directory any more.
    message = opened->open_entry((*entries)[0], nullptr);
    ASSERT_TRUE(message);
    message = opened->open_entry((*entries)[3], std::move(*message));
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(read_whole(**message), "n: 4\r\n\r\n");
}

// No file of a Maildir does that, but nothing of one that does is left out.
TEST_F(MaildirReaderTest, ReadsToTheEndWhateverTheLengthWas) {
    const std::string longer(100'000, 'x');
    const std::string shorter = "a: b\n\nbody";
    std::unique_ptr<MessageReader> message;
    for (const auto& [before, after] : {std::pair(shorter, longer), std::pair(shorter, shorter + longer),
                                        std::pair(longer, shorter), std::pair(longer, longer)}) {
        put(1, before);
        const auto opened = reader(Format::maildir, path("box"));
        const auto entries = opened->list();
        ASSERT_TRUE(entries);
        auto next = opened->open_entry((*entries)[0], std::move(message));
        ASSERT_TRUE(next) << next.error().message;
        message = std::move(*next);
        ASSERT_TRUE(message->received_at());
        put(1, after);
        std::string expected;
        wire::LfToCrlf().append(after, expected);
        EXPECT_EQ(read_whole(*message), expected);
    }
}

}  // namespace
}  // namespace mailpipe::store::test
