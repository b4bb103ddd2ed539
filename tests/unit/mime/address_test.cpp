#include "mailpipe/mime/address.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string value;
    std::vector<Address> addresses;
};

TEST(Address, Parse) {
    const Row rows[] = {
        {" a@b", {{"", "a@b"}}},
        {"Joe Q. Public <a@b>", {{"Joe Q. Public", "a@b"}}},
        {"\"Doe, John\" <a@b>, c@d", {{"Doe, John", "a@b"}, {"", "c@d"}}},
        {"a@b (John Doe)", {{"John Doe", "a@b"}}},
        {"Name (comment) <a@b>", {{"Name", "a@b"}}},
        {"<@x,@y:a@b>", {{"", "a@b"}}},
        {"jdoe@test  . example", {{"", "jdoe@test.example"}}},
        {"<jdoe@machine(comment).  example>", {{"comment", "jdoe@machine.example"}}},
        {"\"john doe\"@b", {{"", "\"john doe\"@b"}}},
        {"<\"a>b\"@c>", {{"", "\"a>b\"@c"}}},
        {"a@[127.0.0.1]", {{"", "a@[127.0.0.1]"}}},
        {"\"\"@b", {{"", "\"\"@b"}}},
        {"root", {{"", "root"}}},
        {"two words", {{"two words", ""}}},
        {"John Doe a@b", {{"John Doe", "a@b"}}},
        {"phil@example.com <phil@example.com>", {{"phil@example.com", "phil@example.com"}}},
        {"=?utf-8?q?a,b?= <a@b>", {{"a,b", "a@b"}}},
        {"=?utf-8?q?=C3=A9?= =?utf-8?q?_x?= <a@b>", {{"\u00e9 x", "a@b"}}},
        {"J\xF6rg <a@b>", {{"J\u00f6rg", "a@b"}}},
        {"J\xC3\xB6rg <\xC3\xB6@b>", {{"J\u00f6rg", "\u00f6@b"}}},
        {"<a@b", {{"", "a@b"}}},
        {"<a@b <c@d>", {{"", "c@d"}}},
        {",, a@b ,,", {{"", "a@b"}}},
        {"", {}},
        {"\"", {}},
        {"(", {}},
        {"<>", {}},
        {"\xEF\xBB\xBF", {}},
        {"a@b\r\n\t, c@d", {{"", "a@b"}, {"", "c@d"}}},
        {"g: a@b, X <c@d>; e@f", {{"", "a@b"}, {"X", "c@d"}, {"", "e@f"}}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        const auto addresses = flatten(parse_address_list(row.value));
        ASSERT_EQ(addresses.size(), row.addresses.size());
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            EXPECT_EQ(addresses[i].name, row.addresses[i].name);
            EXPECT_EQ(addresses[i].email, row.addresses[i].email);
        }
    }
}

TEST(Address, Groups) {
    const auto groups = parse_address_list("x@y, A Group:a@b,c@d;, Undisclosed:;, z@w, u@v");
    ASSERT_EQ(groups.size(), 4U);
    EXPECT_EQ(groups[0].name, std::nullopt);
    EXPECT_EQ(groups[0].addresses.size(), 1U);
    EXPECT_EQ(groups[1].name, "A Group");
    EXPECT_EQ(groups[1].addresses.size(), 2U);
    EXPECT_EQ(groups[2].name, "Undisclosed");
    EXPECT_TRUE(groups[2].addresses.empty());
    EXPECT_EQ(groups[3].name, std::nullopt);
    EXPECT_EQ(groups[3].addresses.size(), 2U);
}

}  // namespace
}  // namespace mailpipe::mime
