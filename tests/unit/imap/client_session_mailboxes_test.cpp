#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::behind;
using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

Events after_login(const std::function<void(ClientSession&)>& act, std::string_view capabilities,
                   const Lines& lines) {
    const auto on_event = [act](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) act(session);
    };
    return behind(play_split(test::plain_options(), on_event, test::logged_in(capabilities) + lines), "ready");
}

// RFC 3501 section 6.3.8, RFC 6154 section 5.
TEST(ImapMailboxes, List) {
    const auto list = [](ClientSession& s) { s.list(true); };
    EXPECT_EQ(
        after_login(list, "IMAP4rev1",
                    {client("A2 LIST \"\" \"*\""), server("* LIST (\\Noselect) \"/\" foo"),
                     server("* LIST () NIL inbox"), server("* LIST (\\Marked \\Drafts) \"/\" \"My &APw-\""),
                     server("* LIST () \"\\\\\" {3}"), server("a\"b"), server("* LIST () \"/\" \"B&ad\""),
                     server("* STATUS foo (MESSAGES 3)"), server("A2 OK done")}),
        (Events{"listed foo \"/\" (\\Noselect)", "listed INBOX \"\" ()",
                "listed My \xC3\xBC \"/\" (\\Marked \\Drafts)", "listed a\"b \"\\\" ()",
                "listed B&ad \"/\" () not addressable", "done list"}));
    EXPECT_EQ(after_login(list, "IMAP4rev1 LIST-EXTENDED SPECIAL-USE",
                          {client("A2 LIST \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE)"),
                           server("* LIST (\\Subscribed) \".\" a.b (\"CHILDINFO\" (\"SUBSCRIBED\"))"),
                           server("A2 OK x")}),
              (Events{"listed a.b \".\" (\\Subscribed)", "done list"}));
    EXPECT_EQ(
        after_login(list, "IMAP4rev1 LIST-EXTENDED LIST-STATUS STATUS=SIZE",
                    {client("A2 LIST \"\" \"*\" RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY "
                            "SIZE))"),
                     server("A2 NO [NOPERM] no")}),
        (Events{"refused list auth: LIST refused: [NOPERM] no"}));
}

TEST(ImapMailboxes, Delimiter) {
    EXPECT_EQ(
        after_login([](ClientSession& s) { s.list_delimiter(); }, "IMAP4rev1 LIST-EXTENDED",
                    {client("A2 LIST \"\" \"\""), server("* LIST (\\Noselect) \".\" \"\""), server("A2 OK x")}),
        (Events{"listed  \".\" (\\Noselect)", "done list"}));
}

TEST(ImapMailboxes, Status) {
    EXPECT_EQ(
        after_login([](ClientSession& s) { s.status("B\xC3\xBCro"); }, "IMAP4rev1 STATUS=SIZE",
                    {client("A2 STATUS \"B&APw-ro\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)"),
                     server("* STATUS B&APw-ro (MESSAGES 5 X-NEW (a b) UNSEEN 0 UIDNEXT 7 SIZE 5000000000 "
                            "UIDVALIDITY 99)"),
                     server("A2 OK x")}),
        (Events{"status B\xC3\xBCro 5 0 7 99 5000000000", "done status"}));
}

// RFC 9208 section 4.1.2.
TEST(ImapMailboxes, Quota) {
    const auto quota = [](ClientSession& s) { s.get_quota_root("INBOX"); };
    EXPECT_EQ(after_login(quota, "IMAP4rev1 QUOTA",
                          {client("A2 GETQUOTAROOT \"INBOX\""), server("* QUOTAROOT INBOX \"#user/a\" \"\""),
                           server("* QUOTA \"#user/a\" (STORAGE 10 512 message 3 100)"),
                           server("* QUOTA \"\" ()"), server("* QUOTA \"ROOT\""), server("A2 OK x")}),
              (Events{"roots INBOX: #user/a ", "quota \"#user/a\" STORAGE 10/512 MESSAGE 3/100", "quota \"\"",
                      "quota \"ROOT\"", "done quota"}));
    EXPECT_EQ(after_login(quota, "IMAP4rev1", {}),
              (Events{"refused quota unsupported: QUOTA is not offered by the server"}));
}

TEST(ImapMailboxes, Hostile) {
    const auto list = [](ClientSession& s) { s.list(false); };
    for (const char* line : {"* LIST", "* LIST (", "* LIST () \"/\"", "* LIST (a(b)) \"/\" x", "* LIST () x"}) {
        const auto events = after_login(list, "IMAP4rev1", {client("A2 LIST \"\" \"*\""), server(line)});
        ASSERT_EQ(events.size(), 1U) << line;
        EXPECT_EQ(events[0].substr(0, 16), "failed protocol:") << line;
    }
    const auto status = [](ClientSession& s) { s.status("x"); };
    for (const char* line : {"* STATUS x (MESSAGES)", "* STATUS x (MESSAGES -1)", "* STATUS x"}) {
        const auto events =
            after_login(status, "IMAP4rev1",
                        {client("A2 STATUS \"x\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)"), server(line)});
        ASSERT_EQ(events.size(), 1U) << line;
        EXPECT_EQ(events[0].substr(0, 16), "failed protocol:") << line;
    }
    // STATUS that NOTIFY has brought is no answer to a LIST that did not ask for it.
    EXPECT_EQ(after_login(list, "IMAP4rev1",
                          {client("A2 LIST \"\" \"*\""), server("* STATUS x (MESSAGES 1)"), server("A2 OK x")}),
              Events{"done list"});
    // What nobody asked for is passed over, however it looks.
    EXPECT_EQ(after_login(
                  [](ClientSession& s) { s.get_quota_root("x"); }, "IMAP4rev1 QUOTA",
                  {client("A2 GETQUOTAROOT \"x\""), server("* LIST ("), server("* STATUS"), server("A2 OK x")}),
              Events{"done quota"});
}

}  // namespace
}  // namespace mailpipe::imap
