#include "mailpipe/app/location.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

struct RemoteRow {
    const char* text;
    Scheme scheme;
    const char* user;
    const char* host;
    std::uint16_t port;
    const char* mailbox;
    const char* encoded;  // nullptr: as `text`
};

TEST(Location, Remote) {
    const RemoteRow rows[] = {
        {"imap://h/INBOX", Scheme::imap, "", "h", 143, "INBOX", nullptr},
        {"imaps://alice@imap.example.org/INBOX", Scheme::imaps, "alice", "imap.example.org", 993, "INBOX",
         nullptr},
        {"IMAPS://alice@IMAP.Example.ORG", Scheme::imaps, "alice", "imap.example.org", 993, "INBOX",
         "imaps://alice@imap.example.org/INBOX"},
        {"imap://h/", Scheme::imap, "", "h", 143, "INBOX", "imap://h/INBOX"},
        {"imap://h/inbox", Scheme::imap, "", "h", 143, "INBOX", "imap://h/INBOX"},
        {"imap://h/Lists/", Scheme::imap, "", "h", 143, "Lists", "imap://h/Lists"},
        {"imap://h/Lists%2F", Scheme::imap, "", "h", 143, "Lists/", nullptr},
        {"imap://h/a/b%20c", Scheme::imap, "", "h", 143, "a/b c", nullptr},
        {"imap://h/a%3Bb%3Fc%25", Scheme::imap, "", "h", 143, "a;b?c%", nullptr},
        {"imap://h/Entw%C3%BCrfe", Scheme::imap, "", "h", 143, "Entw\xC3\xBCrfe", nullptr},
        {"imap://h/../../etc", Scheme::imap, "", "h", 143, "../../etc", nullptr},
        {"imap://a%40b.c@h:1143/x", Scheme::imap, "a@b.c", "h", 1143, "x", nullptr},
        {"imap://a@b.c@h/x", Scheme::imap, "a@b.c", "h", 143, "x", "imap://a%40b.c@h/x"},
        {"imap://alice;AUTH=*@h/x", Scheme::imap, "alice", "h", 143, "x", "imap://alice@h/x"},
        {"imap://h:143/x", Scheme::imap, "", "h", 143, "x", "imap://h/x"},
        {"pop3://h", Scheme::pop3, "", "h", 110, "", nullptr},
        {"pop://h/", Scheme::pop3, "", "h", 110, "", "pop3://h"},
        {"pop3s://bob@h", Scheme::pop3s, "bob", "h", 995, "", nullptr},
        {"smtp://h", Scheme::smtp, "", "h", 25, "", nullptr},
        {"smtp://h:587", Scheme::smtp, "", "h", 587, "", nullptr},
        {"smtp://127.0.0.1:0", Scheme::smtp, "", "127.0.0.1", 0, "", nullptr},
        {"smtp://*:25", Scheme::smtp, "", "*", 25, "", "smtp://*"},
        {"smtps://h", Scheme::smtps, "", "h", 465, "", nullptr},
        {"lmtp://h:24", Scheme::lmtp, "", "h", 24, "", nullptr},
        {"smtp://[::1]", Scheme::smtp, "", "::1", 25, "", nullptr},
        {"smtp://u@[2001:DB8::1]:2525", Scheme::smtp, "u", "2001:db8::1", 2525, "",
         "smtp://u@[2001:db8::1]:2525"},
        {"smtp://[fe80::1%25eth0]:25", Scheme::smtp, "", "fe80::1%eth0", 25, "", "smtp://[fe80::1%25eth0]"},
        {"smtp://b\xC3\xBC"
         "cher.example",
         Scheme::smtp, "",
         "b\xC3\xBC"
         "cher.example",
         25, "", nullptr},
    };
    for (const RemoteRow& row : rows) {
        SCOPED_TRACE(row.text);
        const auto location = parse_location(row.text);
        ASSERT_TRUE(location) << location.error().message;
        EXPECT_EQ(location->scheme, row.scheme);
        EXPECT_EQ(location->user, row.user);
        EXPECT_EQ(location->host, row.host);
        EXPECT_EQ(location->port, row.port);
        EXPECT_EQ(location->mailbox, row.mailbox);
        EXPECT_TRUE(location->is_remote());
        EXPECT_FALSE(location->is_ref());
        const std::string encoded = encode(*location);
        EXPECT_EQ(encoded, row.encoded == nullptr ? row.text : row.encoded);
        const auto again = parse_location(encoded);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(*again, *location);
    }
}

TEST(Location, Refs) {
    auto ref = parse_location("imaps://alice@h/INBOX;UIDVALIDITY=17/;UID=20");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->mailbox, "INBOX");
    EXPECT_EQ(ref->uid_validity, 17U);
    EXPECT_EQ(ref->uid, 20U);
    EXPECT_EQ(encode(*ref), "imaps://alice@h/INBOX;UIDVALIDITY=17/;UID=20");
    EXPECT_EQ(encode(container(*ref)), "imaps://alice@h/INBOX");

    ref = parse_location("imap://h/a;b/;uid=1");
    EXPECT_FALSE(ref);
    ref = parse_location("imap://h/a%3Bb;uidvalidity=4294967295/;uid=1");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->mailbox, "a;b");
    EXPECT_EQ(ref->uid_validity, 4294967295U);

    ref = parse_location("pop3s://alice@h/;UIDL=a%2Fb%3B%3Ac");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->uidl, "a/b;:c");
    EXPECT_TRUE(ref->is_ref());
    EXPECT_EQ(encode(*ref), "pop3s://alice@h/;UIDL=a%2Fb%3B%3Ac");
    EXPECT_EQ(encode(container(*ref)), "pop3s://alice@h");

    ref = parse_location("maildir:/abs/b%20x;ID=1700000000.M1P2.host%3A%0A");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->path, "/abs/b x");
    EXPECT_EQ(ref->id, "1700000000.M1P2.host:\n");
    EXPECT_EQ(*parse_location(encode(*ref)), *ref);

    ref = parse_location("mbox:/abs/file;OFFSET=18446744073709551615");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->mbox_offset, 18446744073709551615U);
    EXPECT_EQ(encode(*ref), "mbox:/abs/file;OFFSET=18446744073709551615");
    EXPECT_EQ(encode(container(*ref)), "mbox:/abs/file");
}

TEST(Location, StoresAndSockets) {
    EXPECT_EQ(parse_location("-")->scheme, Scheme::stdio);
    EXPECT_EQ(encode(*parse_location("-")), "-");
    EXPECT_EQ(parse_location("maildir:/a/b/")->path, "/a/b");
    EXPECT_EQ(parse_location("maildir:b")->path, (std::filesystem::current_path() / "b").string());
    EXPECT_EQ(parse_location("mbox:/a%3Bb")->path, "/a;b");
    const auto socket = parse_location("lmtp:run/a%20b");
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->path, "run/a b");
    EXPECT_EQ(socket->host, "");
    EXPECT_EQ(encode(*socket), "lmtp:run/a%20b");
}

struct BadRow {
    std::string text;
    const char* says;
};

TEST(Location, PipeIsTakenLiterally) {
    const auto location = parse_location("PIPE:cat > /tmp/a%20b; echo 'x'");
    ASSERT_TRUE(location) << location.error().message;
    EXPECT_EQ(location->scheme, Scheme::pipe);
    EXPECT_EQ(location->path, "cat > /tmp/a%20b; echo 'x'");
    EXPECT_FALSE(location->is_remote());
    EXPECT_FALSE(location->is_ref());
    EXPECT_EQ(parse_location(encode(*location)), *location);
    EXPECT_FALSE(parse_location("pipe:"));
    EXPECT_EQ(parse_location("mx:").value().scheme, Scheme::mx);
    EXPECT_EQ(encode(parse_location("MX:").value()), "mx:");
    for (const char* text : {"mx://example.org", "mx:example.org", "mx: "})
        EXPECT_EQ(parse_location(text).error().kind, Errc::usage) << text;
    EXPECT_FALSE(parse_location("pipe: "));
    EXPECT_FALSE(parse_location("pipe:a\nb"));
}

TEST(Location, Refused) {
    using namespace std::string_literals;
    const BadRow rows[] = {
        {"", "empty"},
        {"@work", "an account (@NAME)"},
        {"http://h/", "unknown scheme"},
        {"imap:h", "write imap://HOST"},
        {"imap://", "host is missing"},
        {"imap:///INBOX", "host is missing"},
        {"imap://@h/", "user name before '@'"},
        {"imap://h:/", "port"},
        {"imap://h:65536/", "port"},
        {"imap://h:-1/", "port"},
        {"imap://h:+1/", "port"},
        {"imap://h:1:2/", "port"},
        {"imap://-h/", "no name"},
        {"imap://h h/", "no name"},
        {"imap://h%2e/", "no name"},
        {"imap://::1/", "host is missing"},
        {"imap://2001:db8::1/", "port"},
        {"imap://[::1/", "']'"},
        {"imap://[h]/", "IPv6"},
        {"imap://[::1]x/", "']'"},
        {"imap://[::1%25-x]/", "IPv6"},
        {"imap://h/%", "%25"},
        {"imap://h/%4", "%25"},
        {"imap://h/%zz", "%25"},
        {"imap://h/a;UIDVALIDITY=0", "UIDVALIDITY"},
        {"imap://h/a/;UID=0", "UID"},
        {"imap://h/a/;UID=4294967296", "UID"},
        {"imap://h/a/;UID=", "UID"},
        {"imap://h/a;UID=1", "stands behind"},
        {"imap://h/;UID=1", "stands behind"},
        {"imap://h//;UID=1", "mailbox"},
        {"imap://h/a/;UID=1/;SECTION=2", "may follow"},
        {"imap://h/a?SUBJECT%20x", "search"},
        {"imap://h/%FF", "UTF-8"},
        {"imap://%FF@h/", "UTF-8"},
        {"imap://a;AUTH=PLAIN@h/", "AUTH="},
        {"pop3://h/INBOX", "no path"},
        {"pop3://h/;UIDL=", "UIDL is empty"},
        {"pop3://h/;UIDL=" + std::string(1025, 'a'), "kUidlAccepted"},
        {"smtp://h/x", "nothing may follow"},
        {"lmtp://h", "no default port"},
        {"lmtp:", "path is missing"},
        {"maildir:", "path is missing"},
        {"maildir:/a;ID=..", "not the name"},
        {"maildir:/a;ID=x%2F..%2Fy", "not the name"},
        {"maildir:/a;ID=x%00", "not the name"},
        {"maildir:/100%", "%25"},
        {"mbox:/a;OFFSET=x", "OFFSET"},
        // CR, LF, NUL in addresses, names, options, JSON.
        {"imap://h/a\r\nb", "control character"},
        {"imap://h/a%0D%0Ab", "control character"},
        {"imap://a%0Ab@h/", "control character"},
        {"imap://h/a%00b", "control character"},
        {"imap://h/a%7F", "control character"},
        {"pop3://h/;UIDL=a%0A", "control character"},
        {"maildir:/a%0Ab", "control character"},
        {"lmtp:/a%00", "control character"},
        {"imap://h\0x/"s, "control character"},
    };
    for (const BadRow& row : rows) {
        SCOPED_TRACE(row.text);
        const auto location = parse_location(row.text);
        ASSERT_FALSE(location);
        EXPECT_EQ(location.error().kind, Errc::usage);
        EXPECT_NE(location.error().message.find(row.says), std::string::npos) << location.error().message;
    }
}

TEST(Location, PasswordInUrlIsRefusedAndNotRepeated) {
    for (const char* text : {"imaps://alice:geheim@h/", "imap://alice:geheim@x@h/", "smtp://alice:geheim@h",
                             "pop3://alice:geheim/@h", "imap://alice:ge/heim@h/", "imap://:geheim@h",
                             "http://alice:geheim@h/", "imap://alice:geheim%zz@h"}) {
        SCOPED_TRACE(text);
        const auto location = parse_location(text);
        ASSERT_FALSE(location);
        EXPECT_EQ(location.error().kind, Errc::usage);
        EXPECT_EQ(location.error().message.find("heim"), std::string::npos) << location.error().message;
        EXPECT_EQ(without_password(text).find("heim"), std::string::npos) << without_password(text);
    }
    for (const char* text : {"imap://h:143/a@b", "imap://alice@h:143/", "maildir:/a:b@c", "a:b@c"}) {
        EXPECT_EQ(without_password(text), text);
    }
}

class BarePath : public testing::Test {
 protected:
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(directory_ + "/" + name) << text;
        return directory_ + "/" + name;
    }
    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(BarePath, IsJudgedByWhatIsThere) {
    for (const char* name : {"/box/cur", "/box/new", "/box/tmp"})
        std::filesystem::create_directories(directory_ + name);
    EXPECT_EQ(parse_location(directory_ + "/box/")->scheme, Scheme::maildir);
    EXPECT_EQ(parse_location(write("mbox", "From a Thu Jan  1 00:00:00 1970\nA: b\n\n"))->scheme, Scheme::mbox);
    const auto message = parse_location(write("100%.eml", "A: b\n\nc\n"));
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(message->scheme, Scheme::message_file);
    EXPECT_EQ(message->path, directory_ + "/100%.eml");
    EXPECT_EQ(*parse_location(encode(*message)), *message);
    // A Maildir's message has a colon in its name.
    EXPECT_EQ(parse_location(write("1.M.h:2,S", "A: b\n\nc\n"))->scheme, Scheme::message_file);
    ASSERT_EQ(mkfifo((directory_ + "/pipe").c_str(), 0600), 0);
    EXPECT_EQ(parse_location(directory_ + "/pipe")->scheme, Scheme::message_file);
    EXPECT_EQ(parse_location(directory_).error().kind, Errc::not_found);
    EXPECT_EQ(parse_location(directory_ + "/none").error().kind, Errc::not_found);
    EXPECT_EQ(parse_location(directory_ + "/mbox/none").error().kind, Errc::not_found);
}

}  // namespace
}  // namespace mailpipe::app
