#include <random>

#include "mailpipe/wire/line_ends.hpp"
#include "tests/support/decoded_mbox.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MboxReaderTest : public StoreTest {};

std::string crlf(std::string_view lf_text) {
    std::string out;
    wire::LfToCrlf().append(lf_text, out);
    return out;
}

// Reads all of it; what is said to be the header has to be that.
std::string read_whole(MessageReader& message) {
    std::string text;
    while (true) {
        const auto piece = message.read();
        if (!piece) throw std::runtime_error(piece.error().message);
        if (piece->empty()) return text;
        const bool is_first = text.empty();
        text += *piece;
        if (!message.is_header()) continue;
        EXPECT_TRUE(is_first);
        const std::size_t end = text.starts_with("\r\n") ? 2 : text.find("\r\n\r\n") + 4;
        EXPECT_EQ(end, text.size()) << text;
    }
}

// Its header is read without the decoder where that is possible, and in the memory of the message before.
TEST_F(MboxReaderTest, ReadsWhatTheDecoderSays) {
    const std::string pieces[] = {"From x\n",   "From NO-EOL-AT-END Tue Nov 14 22:13:20 2023\n",
                                  "\n",         "\r\n",
                                  ">From \n",   ">>From a\n",
                                  "> quoted\n", "Subject: s\n",
                                  "text\r\n",   std::string(5000, 'x') + "\n",
                                  "end"};
    std::mt19937 random(5);
    std::size_t headers = 0;
    for (int round = 0; round < 400; ++round) {
        std::string mbox = pieces[0];
        for (std::size_t i = random() % 40; i > 0; --i)
            mbox += pieces[random() % std::size(pieces)];
        write_file(path("mbox"), mbox);
        SCOPED_TRACE(mbox);
        const auto decoded = mailpipe::test::decode_mbox(mbox, mbox.size());
        const auto opened = reader(Format::mbox, path("mbox"));
        const auto entries = opened->list();
        ASSERT_TRUE(entries);
        ASSERT_EQ(entries->size(), decoded.messages.size());
        std::unique_ptr<MessageReader> message;
        for (std::size_t i = 0; i < entries->size(); ++i) {
            auto next = opened->open_entry((*entries)[i], std::move(message));
            ASSERT_TRUE(next) << next.error().message;
            message = std::move(*next);
            // Half of them are left unread.
            if (random() % 2 == 0) {
                ASSERT_TRUE(message->read());
                headers += message->is_header() ? 1 : 0;
            }
            const auto again = opened->open((*entries)[i].id);
            ASSERT_TRUE(again);
            EXPECT_EQ(read_whole(**again), crlf(decoded.messages[i].text));
        }
    }
    EXPECT_GT(headers, 50U);
}

TEST_F(MboxReaderTest, NothingIsReadFromTheMessageBefore) {
    const std::string large = "Subject: " + std::string(100'000, 'x') + "\n\nbody\n";
    write_file(path("mbox"), "From x\n" + large + "\nFrom x\nSubject: s\n\nsmall\n\nFrom x\n" + large);
    const auto opened = reader(Format::mbox, path("mbox"));
    const auto entries = opened->list();
    ASSERT_TRUE(entries);
    const std::string texts[] = {large, "Subject: s\n\nsmall\n", large};
    ASSERT_EQ(entries->size(), std::size(texts));
    std::unique_ptr<MessageReader> message;
    for (std::size_t i = 0; i < std::size(texts); ++i) {
        auto next = opened->open_entry((*entries)[i], std::move(message));
        ASSERT_TRUE(next) << next.error().message;
        message = std::move(*next);
        EXPECT_EQ(read_whole(*message), crlf(texts[i]));
    }
    Entry foreign = (*entries)[0];
    foreign.id = "3";
    const auto none = opened->open_entry(foreign, std::move(message));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, Errc::not_found);
}

}  // namespace
}  // namespace mailpipe::store::test
