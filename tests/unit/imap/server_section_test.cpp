#include <gtest/gtest.h>

#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::imap::server {
namespace {

using Text = Section::Text;

// The shape of the example in RFC 9051 section 6.4.5.1.
const std::string kMessage =
    "Subject: outer\r\nTo: a\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
    "--o\r\n\r\nfirst\r\n"
    "--o\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n"
    "--o\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: third\r\nX-A: 1\r\nx-a: 2\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
    "--i\r\n\r\ninner one\r\n--i\r\nContent-Type: application/x\r\n\r\ninner two\r\n--i--\r\n"
    "--o\r\nContent-Type: multipart/alternative; boundary=n\r\n\r\n"
    "--n\r\nContent-Type: image/gif\r\n\r\ngif\r\n"
    "--n\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n\r\ndeep text\r\n--n--\r\n"
    "--o--\r\n";

struct Row {
    Section section;
    std::optional<std::string> found;
};

TEST(Section, Numbers) {
    const mime::PartTree tree = mime::parse_parts(kMessage);
    const std::string inner_header =
        "Subject: third\r\nX-A: 1\r\nx-a: 2\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n";
    const std::string inner_body =
        "--i\r\n\r\ninner one\r\n--i\r\nContent-Type: application/x\r\n\r\ninner two\r\n--i--";
    const Row rows[] = {
        {{{}, Text::whole, {}}, kMessage},
        {{{}, Text::header, {}}, kMessage.substr(0, kMessage.find("--o"))},
        {{{}, Text::text, {}}, kMessage.substr(kMessage.find("--o"))},
        {{{}, Text::mime, {}}, std::nullopt},
        {{{1}, Text::whole, {}}, "first"},
        {{{1}, Text::mime, {}}, "\r\n"},
        {{{1}, Text::header, {}}, std::nullopt},
        {{{1}, Text::text, {}}, std::nullopt},
        {{{1, 1}, Text::whole, {}}, std::nullopt},
        {{{2}, Text::whole, {}}, "aGk="},
        {{{3}, Text::whole, {}}, inner_header + inner_body},
        {{{3}, Text::mime, {}}, "Content-Type: message/rfc822\r\n\r\n"},
        {{{3}, Text::header, {}}, inner_header},
        {{{3}, Text::text, {}}, inner_body},
        {{{3}, Text::header_fields, {"X-A", "None"}}, "X-A: 1\r\nx-a: 2\r\n\r\n"},
        {{{3}, Text::header_fields, {"None"}}, "\r\n"},
        {{{3}, Text::header_fields_not, {"x-a", "content-type"}}, "Subject: third\r\n\r\n"},
        {{{3, 1}, Text::whole, {}}, "inner one"},
        {{{3, 2}, Text::whole, {}}, "inner two"},
        {{{3, 2}, Text::mime, {}}, "Content-Type: application/x\r\n\r\n"},
        {{{3, 3}, Text::whole, {}}, std::nullopt},
        {{{4, 1}, Text::whole, {}}, "gif"},
        {{{4, 2}, Text::header, {}}, "Subject: deep\r\n\r\n"},
        {{{4, 2}, Text::text, {}}, "deep text"},
        {{{4, 2, 1}, Text::whole, {}}, "deep text"},
        {{{4, 2, 1}, Text::mime, {}}, "Subject: deep\r\n\r\n"},
        {{{4, 2, 2}, Text::whole, {}}, std::nullopt},
        {{{4}, Text::header, {}}, std::nullopt},
        {{{5}, Text::whole, {}}, std::nullopt},
    };
    for (const Row& row : rows) {
        std::string storage;
        const auto found = find_section(tree, row.section, storage);
        std::string where;
        for (const auto number : row.section.part)
            where += std::to_string(number) + ".";
        EXPECT_EQ(found ? std::optional(std::string(*found)) : std::nullopt, row.found)
            << where << static_cast<int>(row.section.text);
    }
}

// "Every message has at least one part number": 1 is the body of one without parts.
TEST(Section, WithoutParts) {
    const std::string message = "Subject: x\r\n\r\nbody\r\n";
    const mime::PartTree tree = mime::parse_parts(message);
    std::string storage;
    EXPECT_EQ(find_section(tree, {{1}, Text::whole, {}}, storage), "body\r\n");
    EXPECT_EQ(find_section(tree, {{2}, Text::whole, {}}, storage), std::nullopt);
    EXPECT_EQ(find_section(tree, {{1, 1}, Text::whole, {}}, storage), std::nullopt);
    EXPECT_EQ(find_section(tree, {{0}, Text::whole, {}}, storage), std::nullopt);
}

// A header that ends with the message has no empty line of its own.
TEST(Section, FieldsEndWithAnEmptyLine) {
    EXPECT_EQ(select_fields("Subject: x", {{}, Text::header_fields, {"subject"}}), "Subject: x\r\n\r\n");
    EXPECT_EQ(select_fields("", {{}, Text::header_fields_not, {"subject"}}), "\r\n");
    EXPECT_EQ(select_fields("A: 1\r\nB: 2\r\n 3\r\nC: 4\r\n\r\n", {{}, Text::header_fields, {"b"}}),
              "B: 2\r\n 3\r\n\r\n");
}

// RFC 3516.
TEST(Section, Decoded) {
    const mime::PartTree tree = mime::parse_parts(kMessage);
    EXPECT_EQ(**decode_section(tree, {{2}, Text::whole, {}}), "hi");
    EXPECT_EQ(**decode_section(tree, {{1}, Text::whole, {}}), "first");
    EXPECT_EQ(**decode_section(tree, {{}, Text::whole, {}}), kMessage);
    EXPECT_EQ(*decode_section(tree, {{9}, Text::whole, {}}), std::nullopt);
    const std::string unknown = "Content-Transfer-Encoding: x-odd\r\n\r\nabc";
    EXPECT_EQ(decode_section(mime::parse_parts(unknown), {{1}, Text::whole, {}}).error().kind,
              Errc::unsupported);
    const std::string broken = "Content-Transfer-Encoding: base64\r\n\r\n!!!";
    EXPECT_EQ(decode_section(mime::parse_parts(broken), {{1}, Text::whole, {}}).error().kind, Errc::data);
}

TEST(Section, Preview) {
    EXPECT_EQ(make_preview("Content-Type: text/html\r\n\r\n<p>One &amp;\r\n two</p>"), "One & two");
    EXPECT_EQ(make_preview("Content-Type: image/png\r\n\r\nx"), "");
    std::string words;
    for (int i = 0; i < 10'000; ++i)
        words += "w\u00f6rd ";
    // 200 characters, also where the text is too long to be read whole.
    const std::string preview = make_preview("Content-Type: text/plain; charset=utf-8\r\n\r\n" + words);
    EXPECT_EQ(preview, words.substr(0, 40 * 6 - 1));
}

}  // namespace
}  // namespace mailpipe::imap::server
