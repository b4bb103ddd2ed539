#include "mailpipe/app/netrc.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(Netrc, Entries) {
    const auto entries = parse_netrc(
        "# comment machine no\n"
        "machine Mail.Example.org login alice password s3cret\n"
        "machine mail.example.org\n\tlogin bob\n\taccount x\n\tpassword \"a b\\\"c\\\\d#\"\n"
        "macdef init\nmachine evil login alice password wrong\ncd /\n\n"
        "machine two password only # trailing\n"
        "default login anonymous password any\n");
    ASSERT_TRUE(entries) << entries.error().message;
    const struct {
        const char* host;
        const char* user;
        const char* password;
    } rows[] = {
        {"mail.example.org", "alice", "s3cret"},
        {"MAIL.EXAMPLE.ORG", "bob", "a b\"c\\d#"},
        {"mail.example.org", "", "s3cret"},
        {"two", "carol", "only"},
        {"evil", "anonymous", "any"},
        {"three", "", "any"},
    };
    for (const auto& row : rows) {
        const NetrcEntry* entry = find_netrc(*entries, row.host, row.user);
        ASSERT_NE(entry, nullptr) << row.host;
        EXPECT_EQ(entry->password.reveal(), row.password) << row.host;
    }
    EXPECT_EQ(find_netrc(*entries, "mail.example.org", "carol"), nullptr);
}

TEST(Netrc, EmptyHasNone) {
    const auto entries = parse_netrc("");
    ASSERT_TRUE(entries);
    EXPECT_EQ(find_netrc(*entries, "h", "u"), nullptr);
}

TEST(Netrc, ErrorsNameTheLineAndNothingElse) {
    const struct {
        const char* text;
        const char* says;
    } rows[] = {
        {"machine h login a password geheim word\n", "line 1: a word is none of"},
        {"\n\nmachine h login a password \"geheim\n", "a quotation mark is not closed"},
        {"login a password geheim\n", "line 1: login stands before"},
        {"machine h login a password", "password has no value"},
        {"machine", "machine has no value"},
    };
    for (const auto& row : rows) {
        const auto entries = parse_netrc(row.text);
        ASSERT_FALSE(entries) << row.text;
        EXPECT_EQ(entries.error().kind, Errc::config);
        EXPECT_NE(entries.error().message.find(row.says), std::string::npos) << entries.error().message;
        EXPECT_EQ(entries.error().message.find("geheim"), std::string::npos) << entries.error().message;
    }
}

}  // namespace
}  // namespace mailpipe::app
