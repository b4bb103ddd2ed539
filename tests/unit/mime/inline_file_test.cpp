#include "mailpipe/mime/inline_file.hpp"

#include <gtest/gtest.h>

#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::mime {
namespace {

struct Found {
    std::string name;
    std::string octets;
    bool problem = false;
    bool operator==(const Found&) const = default;
};

std::vector<Found> found(std::string_view text) {
    std::vector<Found> out;
    for (const InlineFile& file : find_inline_files(text)) {
        Found& one = out.emplace_back();
        one.name = file.name;
        one.octets = decode_inline_file(file, &one.problem);
    }
    return out;
}

std::string with_crlf(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
}

using Files = std::vector<Found>;

// The encodings are those of POSIX uuencode and Python's binascii.
TEST(InlineFile, Uuencode) {
    const std::string hello = "begin 644 hello.txt\n-2&5L;&\\L(%=O<FQD\"@  \n`\nend\n";
    EXPECT_EQ(found(hello), (Files{{"hello.txt", "Hello, World\n"}}));
    EXPECT_EQ(found(with_crlf(hello)), (Files{{"hello.txt", "Hello, World\n"}}));
    // Spaces at the end are lost on the way, and a space stands for the last line's "`".
    EXPECT_EQ(found("text\nbegin 0755 a b\n-2&5L;&\\L(%=O<FQD\"@\n \nend"), (Files{{"a b", "Hello, World\n"}}));
    EXPECT_EQ(found("begin 644 nul\n#80  \n`\nend\n"), (Files{{"nul", std::string("a\0\0", 3)}}));
    EXPECT_EQ(found("begin 644 a\n#0V%T\n`\nend\nbetween\nbegin 644 b\n#0V%T\n`\nend\n"),
              (Files{{"a", "Cat"}, {"b", "Cat"}}));
    EXPECT_EQ(found("begin 644 cut\n#\n`\nend\n"), (Files{{"cut", std::string(3, '\0'), true}}));
}

TEST(InlineFile, Base64) {
    EXPECT_EQ(found("begin-base64 644 cat\nQ2F0\nQ2F0\n====\n"), (Files{{"cat", "CatCat"}}));
}

// Its specification (version 1.3): each octet plus 42; NUL, LF, CR and "=" are "=" and the octet plus 64.
TEST(InlineFile, Yenc) {
    const std::string line = std::string("m\x8B\x9E") + "=}" + "=@" + "=J=M";
    const std::string octets = std::string("Cat\x13\xD6\xE0\xE3");
    const std::string file = "=ybegin line=128 size=7 name=a cat.bin \n" + line + "\n=yend size=7 crc32=0\n";
    EXPECT_EQ(found(with_crlf(file)), (Files{{"a cat.bin", octets, false}}));
    EXPECT_EQ(found("=ybegin part=1 line=128 size=99 name=a\n=ypart begin=1 end=3\nm\x8B\x9E\n=yend size=3 "
                    "part=1\n"),
              (Files{{"a", "Cat"}}));
    EXPECT_EQ(found("=ybegin line=128 size=4 name=a\nm\x8B\x9E\n=yend size=4\n"), (Files{{"a", "Cat", true}}));
}

TEST(InlineFile, TextThatOnlyBeginsLikeOne) {
    for (const char* text :
         {"begin 644 a\n", "begin 644 a\nend\n", "begin 644 a\n#0V%T\n`\n", "begin 644 a\nlower case\nend\n",
          "begin the day 644\nM\nend\n", "begin 999 a\n#0V%T\n`\nend\n", "begin 644 \n#0V%T\n`\nend\n",
          " begin 644 a\n#0V%T\n`\nend\n", "begin 644 a\n#0V%TTTTT\n`\nend\n",
          "=ybegin line=128 size=3\nx\n=yend size=3\n", "=ybegin line=128 size=3 name=a\nx\n",
          "begin-base64 644 a\n!\n====\n", "", "\n\n"})
        EXPECT_EQ(found(text), Files{}) << text;
    // What interrupts one may begin another one.
    EXPECT_EQ(found("begin 644 a\n#0V%T\nbegin 644 b\n#0V%T\n`\nend\n"), (Files{{"b", "Cat"}}));
    EXPECT_EQ(found("=ybegin line=1 size=1 name=a\nx\n=ybegin line=1 size=3 name=b\nm\x8B\x9E\n=yend size=3\n"),
              (Files{{"b", "Cat"}}));
}

TEST(InlineFile, ViewsAndPlaces) {
    const std::string text = "before\nbegin 644 a\n#0V%T\n`\nend\nafter\n";
    const auto files = find_inline_files(text);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(text.substr(0, files[0].begin), "before\n");
    EXPECT_EQ(text.substr(files[0].end), "after\n");
}

TEST(InlineFile, AsATransferEncoding) {
    for (const char* encoding : {"x-uuencode", "X-UUE", "uuencode"}) {
        const std::string message = std::string("Content-Type: image/gif\nContent-Transfer-Encoding: ") +
                                    encoding + "\n\nbegin 644 a.gif\n#0V%T\n`\nend\n";
        const PartTree tree = parse_parts(message);
        bool problem = false;
        EXPECT_EQ(decode_body(tree, tree.parts[0], &problem), "Cat");
        EXPECT_FALSE(problem);
        std::string pieces;
        decode_body_pieces(tree, tree.parts[0], [&pieces](std::string_view piece) { pieces += piece; });
        EXPECT_EQ(pieces, "Cat");
    }
    const std::string none = "Content-Transfer-Encoding: x-uuencode\n\nno file\n";
    const PartTree tree = parse_parts(none);
    bool problem = false;
    EXPECT_EQ(decode_body(tree, tree.parts[0], &problem), "no file\n");
    EXPECT_TRUE(problem);
}

}  // namespace
}  // namespace mailpipe::mime
