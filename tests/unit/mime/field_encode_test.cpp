#include "mailpipe/mime/field_encode.hpp"

#include <gtest/gtest.h>

#include <random>

#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::mime {
namespace {

void expect_lines(const std::string& field, std::size_t longest) {
    ASSERT_TRUE(field.ends_with("\r\n")) << field;
    std::size_t at = 0;
    while (at < field.size()) {
        const std::size_t end = field.find("\r\n", at);
        EXPECT_LE(end - at, longest) << field;
        EXPECT_NE(field.find_first_not_of(" \t", at), end) << "a line of white space: " << field;
        at = end + 2;
        if (at < field.size()) {
            EXPECT_TRUE(field[at] == ' ' || field[at] == '\t') << field;
        }
    }
}

std::string value_of(const std::string& field) {
    const Header header = parse_header(field);
    EXPECT_EQ(header.fields.size(), 1U) << field;
    return header.fields.empty() ? "" : std::string(header.fields[0].value);
}

TEST(FieldEncode, Text) {
    struct Row {
        std::string text;
        std::string field;
    };
    const std::vector<Row> rows = {
        {"", "Subject:\r\n"},
        {"Hello", "Subject: Hello\r\n"},
        {"a  b", "Subject: a  b\r\n"},
        {"caf\xC3\xA9", "Subject: =?utf-8?Q?caf=C3=A9?=\r\n"},
        {"un caf\xC3\xA9 noir", "Subject: un =?utf-8?Q?caf=C3=A9?= noir\r\n"},
        {"=?utf-8?q?x?=", "Subject: =?utf-8?Q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=\r\n"},
    };
    for (const Row& row : rows) {
        const auto field = encode_text_field("Subject", row.text);
        ASSERT_TRUE(field) << row.text;
        EXPECT_EQ(*field, row.field);
        EXPECT_EQ(decode_text(value_of(*field)).text, row.text);
    }
}

TEST(FieldEncode, TextIsReadBack) {
    std::mt19937 random(2047);
    const std::vector<std::string> pieces = {"a",
                                             "word",
                                             " ",
                                             "  ",
                                             "\t",
                                             "\xC3\xA9",
                                             "\xE4\xB8\xAD",
                                             "\xF0\x9F\x98\x80",
                                             "=?",
                                             "?=",
                                             "_",
                                             "\x01",
                                             std::string(90, 'y'),
                                             std::string(30, ' '),
                                             "\""};
    for (int i = 0; i < 4000; ++i) {
        std::string text = "x";
        for (std::size_t n = random() % 30; n > 0; --n)
            text += pieces[random() % pieces.size()];
        const auto field = encode_text_field("Subject", text);
        ASSERT_TRUE(field);
        ASSERT_EQ(decode_text(value_of(*field)).text, text) << *field;
        expect_lines(*field, 78);
    }
}

TEST(FieldEncode, Addresses) {
    struct Row {
        std::vector<AddressGroup> groups;
        std::string value;
    };
    const std::vector<Row> rows = {
        {{{std::nullopt, {{"", "bob@example.com"}}}}, "bob@example.com"},
        {{{std::nullopt, {{"Bob", "bob@example.com"}}}}, "Bob <bob@example.com>"},
        {{{std::nullopt, {{"Bob O'Neil, Jr.", "bob@example.com"}}}}, "\"Bob O'Neil, Jr.\" <bob@example.com>"},
        {{{std::nullopt, {{"say \"hi\\\"", "b@x"}}}}, "\"say \\\"hi\\\\\\\"\" <b@x>"},
        {{{std::nullopt, {{"J\xC3\xB6rg", "j@example.com"}, {"", "k@x"}}}},
         "=?utf-8?Q?J=C3=B6rg?= <j@example.com>, k@x"},
        {{{"A Group", {{"", "a@x"}, {"B", "b@x"}}}, {std::nullopt, {{"", "c@x"}}}},
         "A Group: a@x, B <b@x>;, c@x"},
        {{{"Undisclosed recipients", {}}}, "Undisclosed recipients:;"},
        {{{std::nullopt, {{"", "\"a b\"@x"}}}}, "\"a b\"@x"},
    };
    for (const Row& row : rows) {
        const auto field = encode_address_field("To", row.groups);
        ASSERT_TRUE(field) << row.value << ": " << field.error().message;
        EXPECT_EQ(*field, "To: " + row.value + "\r\n");
        EXPECT_EQ(flatten(parse_address_list(value_of(*field))), flatten(row.groups));
    }
}

TEST(FieldEncode, ManyAddressesAreFolded) {
    std::vector<Address> addresses;
    for (int i = 0; i < 100; ++i)
        addresses.push_back({i % 3 == 0 ? "" : "Person N\xC2\xB0 " + std::to_string(i),
                             "person" + std::to_string(i) + "@example.com"});
    const auto field = encode_address_field("Cc", {{std::nullopt, addresses}});
    ASSERT_TRUE(field);
    expect_lines(*field, 78);
    EXPECT_EQ(flatten(parse_address_list(value_of(*field))), addresses);
}

// threats.md: CR, LF, NUL in addresses, names, options, JSON.
TEST(FieldEncode, ValuesThatWouldBecomeFields) {
    for (const std::string& evil :
         {std::string("x\r\nBcc: evil@example.com"), std::string("x\nBcc: e@x"), std::string("x\ry"),
          std::string("x\0y", 3), std::string("x\r\n\r\nbody")}) {
        EXPECT_FALSE(encode_text_field("Subject", evil));
        EXPECT_FALSE(encode_text_field(evil, "x"));
        EXPECT_FALSE(encode_address_field("To", {{std::nullopt, {{evil, "a@x"}}}}));
        EXPECT_FALSE(encode_address_field("To", {{std::nullopt, {{"", evil}}}}));
        EXPECT_FALSE(encode_address_field("To", {{evil, {{"", "a@x"}}}}));
        EXPECT_FALSE(encode_message_id_field("Message-ID", {evil}));
        EXPECT_FALSE(encode_url_field("List-Post", {evil}));
        EXPECT_FALSE(encode_parameter_field("Content-Disposition", "attachment", {{"filename", evil, evil}}));
        EXPECT_FALSE(encode_parameter_field("Content-Disposition", evil, {}));
        EXPECT_FALSE(encode_raw_field("X-A", evil));
        EXPECT_FALSE(encode_raw_field(evil, "x"));
    }
    EXPECT_FALSE(encode_text_field("Sub ject", "x"));
    EXPECT_FALSE(encode_text_field("Subject:", "x"));
    EXPECT_FALSE(encode_text_field("", "x"));
}

// An address that would be read as two, or as another one, sends mail to a stranger.
TEST(FieldEncode, AddressesThatWouldBeReadAsOthers) {
    for (const char* evil :
         {"a@x, b@y", "a@x> <b@y", "a b@x", "a@x (c)", "g: a@x;", "<a@x", "", "a@x\"", "\"a@x"}) {
        EXPECT_FALSE(encode_address_field("To", {{std::nullopt, {{"", evil}}}})) << evil;
        EXPECT_FALSE(encode_address_field("To", {{std::nullopt, {{"Name", evil}, {"Other", "o@x"}}}})) << evil;
    }
}

TEST(FieldEncode, MessageIds) {
    EXPECT_EQ(encode_message_id_field("References", {"a@x", "b@y"}).value(), "References: <a@x> <b@y>\r\n");
    std::vector<std::string> ids;
    for (int i = 0; i < 50; ++i)
        ids.push_back("id" + std::to_string(i) + "." + std::string(20, 'z') + "@example.com");
    const auto field = encode_message_id_field("References", ids);
    ASSERT_TRUE(field);
    expect_lines(*field, 78);
    EXPECT_EQ(parse_message_ids(value_of(*field)), ids);
    for (const char* impossible : {"", "a b@x", "<a@x>", "a>b"})
        EXPECT_FALSE(encode_message_id_field("References", {impossible})) << impossible;
}

TEST(FieldEncode, Parameters) {
    struct Row {
        std::string name;
        std::string field;
    };
    const std::vector<Row> rows = {
        {"a.txt", "Content-Disposition: attachment; filename=a.txt\r\n"},
        {"a b.txt", "Content-Disposition: attachment; filename=\"a b.txt\"\r\n"},
        {"a\"b\\.txt", "Content-Disposition: attachment; filename=\"a\\\"b\\\\.txt\"\r\n"},
        {"\xE2\x82\xAC rates", "Content-Disposition: attachment; filename*=utf-8''%E2%82%AC%20rates\r\n"},
        {"", "Content-Disposition: attachment; filename=\"\"\r\n"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(
            encode_parameter_field("Content-Disposition", "attachment", {{"filename", row.name, ""}}).value(),
            row.field);
    std::mt19937 random(2231);
    const std::vector<std::string> pieces = {
        "a", " ", "\xC3\xA9", "\xF0\x9F\x98\x80", "%", "'", "*", ";", "=?", "\"", "\\", "/"};
    for (int i = 0; i < 2000; ++i) {
        std::string name = "n";
        for (std::size_t n = random() % 120; n > 0; --n)
            name += pieces[random() % pieces.size()];
        const auto field =
            encode_parameter_field("Content-Disposition", "attachment", {{"filename", name, ""}});
        ASSERT_TRUE(field);
        ASSERT_EQ(parse_content_disposition(value_of(*field)).parameters.find("filename"), name) << *field;
        expect_lines(*field, 80);
    }
}

TEST(FieldEncode, Date) {
    EXPECT_EQ(encode_date({1997, 11, 21, 9, 55, 6, -360}),
              "Fri, 21 Nov 1997 09:55:06 -0600");  // RFC 5322 A.1.1
    EXPECT_EQ(encode_date({1969, 2, 13, 23, 32, 54, -210}), "Thu, 13 Feb 1969 23:32:54 -0330");  // A.5
    EXPECT_EQ(encode_date({2026, 11, 24, 0, 0, 0, 0}), "Tue, 24 Nov 2026 00:00:00 +0000");
    for (int year = 1; year < 9999; year += 7) {
        const DateTime date{year, 1 + year % 12, 1 + year % 28, year % 24, year % 60, 59, year % 1400 - 700};
        if (year >= 1900) {
            EXPECT_EQ(parse_date(encode_date(date)), date) << encode_date(date);
        }
    }
}

TEST(FieldEncode, Raw) {
    EXPECT_EQ(encode_raw_field("X-A", " a\r\n b").value(), "X-A: a\r\n b\r\n");
    EXPECT_EQ(encode_raw_field("X-A", " a\n\tb").value(), "X-A: a\r\n\tb\r\n");
    EXPECT_FALSE(encode_raw_field("X-A", " a\r\n"));
    EXPECT_FALSE(encode_raw_field("X-A", " a\nX-B: c"));
    EXPECT_FALSE(encode_raw_field("X-A", std::string(995, 'x')));
    EXPECT_TRUE(encode_raw_field("X-A", std::string(994, 'x')));
}

}  // namespace
}  // namespace mailpipe::mime
