#include <gtest/gtest.h>

#include "mailpipe/app/show/views.hpp"

namespace mailpipe::app {
namespace {

const std::string kMessage =
    "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nReceived: x\r\nSubject: Gr=\r\n "
    "=?utf-8?q?=C3=BC=C3=9Fe?=\r\n"
    "To: team: Doe <a@b>, c@d;\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
    "--c\r\nContent-Type: text/plain; charset=iso-8859-15\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n\r\n"
    "5 =A4=0D=0A\r\nend\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--c--\r\n"
    "--b\r\nContent-Type: application/octet-stream; "
    "name=\"a=?utf-8?q?=0A?=b.bin\"\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nAA0KAP8=\r\n"
    "--b\r\nContent-Transfer-Encoding: binary\r\nContent-Type: image/png\r\n\r\n\r\n\r\n--b--\r\n";

TEST(ShowViews, Text) {
    EXPECT_EQ(text_view(kMessage, {}),
              "From: J\u00f6rg <j@example.org>\nTo: team: Doe <a@b>, c@d;\nSubject: Gr= \u00fc\u00dfe\n\n"
              "5 \u20ac\n\nend\n\nAttachments (--part writes one):\n"
              "  2      a b.bin, application/octet-stream, 5 octets\n  3      image/png, 2 octets\n");
}

TEST(ShowViews, HtmlOnlyIsShownAsText) {
    EXPECT_EQ(text_view("Content-Type: text/html\r\n\r\n<p>a &lt; b</p>", {}), "\na < b\n");
}

TEST(ShowViews, NothingForgesALine) {
    EXPECT_EQ(text_view("Subject: =?utf-8?q?a=0D=0AFrom:_b?=\r\n\r\n", {}), "Subject: a  From: b\n\n");
    EXPECT_EQ(header_view("Subject: =?utf-8?q?a=0AFrom:_b?=\r\n", {}), "Subject: a From: b\n");
    EXPECT_EQ(text_view("From: =?utf-8?q?boss=40example=2Ecom_=3Ca=40b=3E=2C?= <evil@example.net>\r\n\r\n", {}),
              "From: \"boss@example.com <a@b>,\" <evil@example.net>\n\n");
}

TEST(ShowViews, ChosenFields) {
    const std::string message =
        "Subject: s\r\nX-A: 1\r\nx-a:\r\n =?utf-8?q?=C3=BC?=\r\nTo: nobody at all\r\nDate: d\r\n\r\nbody\r\n";
    EXPECT_EQ(text_view(message, {}, {"X-A", "subject", "None"}), "X-A: 1\nX-A: \u00fc\nsubject: s\n\nbody\n");
    EXPECT_EQ(text_view(message, {}), "To: nobody at all\nDate: d\nSubject: s\n\nbody\n");
}

TEST(ShowViews, WrappedAndColored) {
    const std::string message =
        "To: A <a@example.org>, B <b@example.org>\r\n\r\n> > one two three four five six\r\n> a\r\nb\r\n-- "
        "\r\nme\r\n";
    EXPECT_EQ(text_view(message, {.width = 20}),
              "To: A\n    <a@example.org>,\n    B\n    <b@example.org>\n\n> > one two three\n> > four five "
              "six\n> a\nb\n-- \nme\n");
    EXPECT_EQ(text_view(message, {.color = true}),
              "\x1b[1mTo: \x1b[0mA <a@example.org>, B <b@example.org>\n\n"
              "\x1b[33m> > one two three four five six\x1b[0m\n\x1b[36m> a\x1b[0m\nb\n"
              "\x1b[2m-- \x1b[0m\n\x1b[2mme\x1b[0m\n");
    EXPECT_EQ(header_view(message, {.width = 20}), "To: A\n    <a@example.org>,\n    B\n    <b@example.org>\n");
}

TEST(ShowViews, BestPart) {
    const std::string alternative = "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n";
    const std::string html = "\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--c--\r\n";
    EXPECT_EQ(text_view(alternative + "plain" + html, {}), "\nplain\n");
    EXPECT_EQ(text_view(alternative + " \r\n" + html, {}), "\nhtml\n");
    EXPECT_EQ(text_view("Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\na \r\nb\r\n", {}), "\nab\n");
    EXPECT_EQ(text_view("Content-Type: text/plain; format=Flowed\r\n\r\n>a \r\n>b\r\n", {}), "\n> a b\n");
}

TEST(ShowViews, Headers) {
    EXPECT_EQ(header_view("A: 1\r\n 2\r\nB:=?utf-8?q?=C3=BC?=\r\n\r\nbody", {}), "A: 1 2\nB: \u00fc\n");
    EXPECT_EQ(header_view("no header", {}), "");
}

struct Row {
    std::string number;
    std::string octets;
};

TEST(ShowViews, PartOctets) {
    const Row rows[] = {
        {"1.1", "5 \xA4\r\n\nend"},
        {"1.2", "<p>html</p>"},
        {"2", std::string("\0\r\n\0\xFF", 5)},
        {"3", "\r\n"},
    };
    const mime::PartTree tree = mime::parse_parts(kMessage);
    for (const Row& row : rows) {
        SCOPED_TRACE(row.number);
        const auto index = select_part(tree, row.number);
        ASSERT_TRUE(index) << index.error().message;
        EXPECT_EQ(part_octets(tree, *index), row.octets);
    }
    EXPECT_EQ(part_octets(mime::parse_parts("A: 1\r\n\r\na\r\nb\r\n"), 0), "a\nb\n");
}

TEST(ShowViews, PartsByContentIdAndName) {
    const std::string message =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-ID: <logo@x>\r\n\r\n1\r\n"
        "--b\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\n\r\n2\r\n"
        "--b\r\nContent-Disposition: attachment; filename=\"1\"\r\n\r\n3\r\n--b--\r\n";
    const mime::PartTree tree = mime::parse_parts(message);
    const std::pair<const char*, const char*> rows[] = {
        {"logo@x", "1"}, {"<logo@x>", "1"}, {"a b.txt", "2"}, {"2", "2"}, {"1", "1"}};
    for (const auto& [selector, octets] : rows) {
        const auto index = select_part(tree, selector);
        ASSERT_TRUE(index) << selector;
        EXPECT_EQ(part_octets(tree, *index), octets) << selector;
    }
    for (const char* selector : {"", "7", "a b", "logo", "0", "1.", "HEADER"}) {
        const auto index = select_part(tree, selector);
        ASSERT_FALSE(index) << selector;
        EXPECT_EQ(index.error().kind, Errc::not_found);
        EXPECT_EQ(index.error().message,
                  "there is no part " + std::string(selector) + "; the message has 1, 2, 3");
    }
}

TEST(ShowViews, Structure) {
    EXPECT_EQ(structure_view(kMessage),
              "multipart/mixed\n"
              "├ 1 multipart/alternative\n"
              "│ ├ 1.1 text/plain, iso-8859-15, quoted-printable, 10 octets\n"
              "│ └ 1.2 text/html, 11 octets\n"
              "├ 2 application/octet-stream, base64, \"a b.bin\", 5 octets\n"
              "└ 3 image/png, 2 octets\n");
    EXPECT_EQ(structure_view("Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?in=0Aside?=\r\n\r\nx"),
              "1 message/rfc822, \"in side\", 35 octets\n└ 1.1 text/plain, 1 octets\n");
}

}  // namespace
}  // namespace mailpipe::app
