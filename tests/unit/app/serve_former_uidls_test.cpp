#include "mailpipe/app/serve/pop3/former_uidls.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mailpipe/app/serve/pop3/maildrop.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(ServeFormerUidls, Dovecot) {
    const auto messages = parse_dovecot_uidlist(
        "3 V1795698154 N12 Gd1f2\n"
        "1 :17000000.M0P1.host\n"
        "2 W32 :17000001.M1P1.host,S=30,W=32\n"
        "10 S30 PUID7-99 Gabc :17000002.M2P1.host:2,S\n"
        "x :17000003.M3P1.host\n"
        "11 P :17000004.M4P1.host\n"
        "4294967296 :17000005.M5P1.host\n"
        "11\n"
        "11 :cut off");
    EXPECT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages.at("17000000.M0P1.host").uidl, "000000016b082dea");
    EXPECT_EQ(messages.at("17000001.M1P1.host,S=30,W=32").uidl, "000000026b082dea");
    EXPECT_EQ(messages.at("17000001.M1P1.host,S=30,W=32").size, 32U);
    EXPECT_EQ(messages.at("17000002.M2P1.host").uidl, "UID7-99");
    EXPECT_EQ(messages.at("17000002.M2P1.host").size, std::nullopt);
}

TEST(ServeFormerUidls, OldDovecot) {
    const auto messages = parse_dovecot_uidlist("1 255 3\n1 17000000.M0P1.host\n2 17000001.M1P1.host\n");
    EXPECT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages.at("17000001.M1P1.host").uidl, "00000002000000ff");
}

TEST(ServeFormerUidls, Courier) {
    const auto messages = parse_courier_sizelist(
        "/3 5 1795698154\n"
        "1800000.M1P1.host:2, 21 4:1795698154:0\n"
        "17000001.M1P1.host,S=30,W=32:2,S 21 2:1795698154:0\n"
        "17000002.M2P1.host:2, 21 3:0\n"
        "17000003.M3P1.host:2, 21 0:0\n"
        "17000004.M4P1.host:2, 21 x:0\n"
        " 21 1:2\n21 1:2\n\n");
    EXPECT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages.at("1800000.M1P1.host").uidl, "UID4-1795698154");
    EXPECT_EQ(messages.at("17000001.M1P1.host,S=30,W=32").uidl, "UID2-1795698154");
    EXPECT_EQ(messages.at("17000002.M2P1.host").uidl, "UID3");
    EXPECT_EQ(messages.at("17000003.M3P1.host").uidl, "17000003.M3P1.host");
}

TEST(ServeFormerUidls, WhatIsNoList) {
    for (const char* text : {"", "\n", "3", "3 N1\n1 :a\n", "3 V0 N1\n1 :a\n", "2 V1 N1\n1 :a\n", "/"}) {
        EXPECT_TRUE(parse_dovecot_uidlist(text).empty()) << text;
        EXPECT_TRUE(parse_courier_sizelist(text).empty()) << text;
    }
}

class ServeFormerMaildrop : public testing::Test {
 protected:
    ServeFormerMaildrop() {
        for (const char* sub : {"/cur", "/new", "/tmp"})
            std::filesystem::create_directory(path + sub);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path + '/' + name) << text;
    }
    std::string uidls(const MaildropOptions& options = {}) const {
        const auto maildrop = Maildrop::open(path, options);
        if (!maildrop) return maildrop.error().message;
        std::string all;
        for (const auto& message : (*maildrop)->messages())
            all += message.uidl + ' ';
        return all;
    }

    const tests::ScratchDirectory scratch_;
    const std::string path = scratch_.path();
};

// threats.md: duplicate UIDL: a list that is wrong makes no two messages one.
TEST_F(ServeFormerMaildrop, FormerUidlsAreGivenOnce) {
    write("new/1.a.host", "x\n");
    write("new/2.b.host", "x\n");
    write("new/3.c.host", "x\n");
    write("dovecot-uidlist", "3 V1 N9\n1 Psame :1.a.host\n2 Psame :2.b.host\n");
    EXPECT_EQ(uidls(), "same 2.b.host 3.c.host ");
    EXPECT_EQ(uidls({false}), "1.a.host 2.b.host 3.c.host ");
}

TEST_F(ServeFormerMaildrop, OneSessionAtATime) {
    const auto first = Maildrop::open(path, {});
    ASSERT_TRUE(first);
    EXPECT_EQ(Maildrop::open(path, {}).error().kind, Errc::unavailable);
}

// The list is the user's: where a link leads is not followed.
TEST_F(ServeFormerMaildrop, AListThatIsALinkIsNone) {
    write("new/1.a.host", "x\n");
    write("elsewhere", "3 V1 N9\n1 :1.a.host\n");
    std::filesystem::create_symlink(path + "/elsewhere", path + "/dovecot-uidlist");
    EXPECT_EQ(uidls(), "1.a.host ");
}

}  // namespace
}  // namespace mailpipe::app::serve
