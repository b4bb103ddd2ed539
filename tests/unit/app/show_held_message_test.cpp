#include "mailpipe/app/show/held_message.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {
namespace {

HeldMessage held(std::string_view text, std::size_t piece) {
    HeldMessage message;
    for (std::size_t at = 0; at < text.size(); at += piece)
        EXPECT_TRUE(message.append(text.substr(at, piece)));
    return message;
}

TEST(HeldMessage, KeepsWhatIsWithinTheLimits) {
    for (const std::string_view text : {"", "A: b\r\n\r\nbody\r\n", "\r\nbody", "A: b\r\n", "no header"}) {
        for (std::size_t piece = 1; piece <= text.size(); ++piece) {
            const HeldMessage message = held(text, piece);
            EXPECT_EQ(message.text(), text);
            EXPECT_EQ(message.size(), text.size());
        }
    }
}

TEST(HeldMessage, PassesOverTheRestOfTheHeader) {
    const std::string header =
        "Subject: a\r\nX: " + std::string(limits::kHeaderSize + 100'000, 'x') + "\r\nY: z";
    const std::string body = "\r\n\r\nthe body\r\n\r\nmore of it\r\n";
    for (const std::size_t piece :
         {std::size_t{4093}, std::size_t{65'536}, header.size() + 1, header.size() + 2, header.size() + 3,
          header.size() + 4, header.size() + 5}) {
        const HeldMessage message = held(header + body, piece);
        EXPECT_EQ(message.size(), header.size() + body.size());
        if (piece < header.size()) {
            EXPECT_LT(message.text().size(), limits::kHeaderSize + 70'000);
        }
        EXPECT_TRUE(message.text().ends_with(body)) << piece;
        const mime::PartTree tree = mime::parse_parts(message.text());
        EXPECT_TRUE(tree.limits.has(mime::Limit::header_size));
        EXPECT_EQ(tree.body(tree.parts[0]), body.substr(4));
        EXPECT_EQ(tree.parts[0].header.fields.size(), 1U);
    }
}

TEST(HeldMessage, LosesNothingOfTextWithoutAHeader) {
    const std::string text = "just text\r\n" + std::string(limits::kHeaderSize + 100'000, 'x') + "\r\n\r\nend";
    EXPECT_TRUE(held(text, 65'536).text() == text);
}

TEST(HeldMessage, RefusesWhatIsTooLarge) {
    HeldMessage message;
    const std::string header = "A: " + std::string(1 << 20, 'x');
    std::size_t pieces = 0;
    Result<void> appended;
    while ((appended = message.append(header)) && pieces <= limits::kShownMessage >> 20U)
        ++pieces;
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().kind, Errc::limit);
    EXPECT_NE(appended.error().message.find("kShownMessage"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::app
