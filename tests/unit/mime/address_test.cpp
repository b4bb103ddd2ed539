#include "mailpipe/mime/address.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

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

// What needs no decoding is read in another way: a comment in front makes the same address one that is read by all rules.
TEST(Address, PlainSaysTheSame) {
    const std::string addresses[] = {"Alice B. Carroll <alice=x@b.example>", "\"Carroll, A.\"  <a@b>",
                                     "a.b+c@d.example"};
    const std::string characters = "a@ <>\"(),;:[]\\=?.\t\r\n\x01\xC3";
    const auto expect_same = [](const std::string& value) {
        EXPECT_EQ(flatten(parse_address_list(value)), flatten(parse_address_list("()" + value))) << value;
        EXPECT_EQ(flatten(parse_raw_address_list(value)), flatten(parse_raw_address_list("()" + value)))
            << value;
    };
    for (const std::string& address : addresses) {
        expect_same(address);
        for (std::size_t at = 0; at < address.size(); ++at) {
            expect_same(address.substr(0, at));
            expect_same(address.substr(at));
            for (const char c : characters) {
                expect_same(std::string(address).replace(at, 1, 1, c));
                expect_same(std::string(address).insert(at, 1, c));
            }
        }
    }
}

TEST(Address, EachWithoutAList) {
    const std::string value = "x@y, A Group:=?utf-8?q?c?= <a@b>,c@d;, Undisclosed:;, z@w";
    std::vector<Address> found;
    for_each_address(value, [&](std::string_view name, std::string_view email) {
        found.push_back({std::string(name), std::string(email)});
    });
    EXPECT_EQ(found, flatten(parse_address_list(value)));
    EXPECT_EQ(found.size(), 4U);
}

TEST(Address, NoMoreThanTheLimit) {
    std::string value;
    for (std::size_t i = 0; i <= limits::kFieldItems; ++i)
        value += "a@b,";
    LimitSet limits;
    std::size_t count = 0;
    for_each_address(
        value, [&](std::string_view, std::string_view) { ++count; }, &limits);
    EXPECT_EQ(count, limits::kFieldItems);
    EXPECT_TRUE(limits.has(Limit::field_items));
}

}  // namespace
}  // namespace mailpipe::mime
