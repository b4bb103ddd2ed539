#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::at_selected;
using test::behind;
using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

TEST(ImapCommands, Pipelined) {
    const auto act = at_selected([](ClientSession& s) {
        s.uid_fetch("1", FetchBody::none, false);
        s.uid_store("1:2", FlagAction::add, {"\\Deleted"});
        s.uid_expunge("1:2");
        s.uid_search("SEEN");
    });
    const Lines sent = {client("A3 UID FETCH 1 (UID FLAGS RFC822.SIZE)"),
                        client("A4 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)"), client("A5 UID EXPUNGE 1:2"),
                        client("A6 UID SEARCH SEEN")};
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected() + sent +
                                    Lines{server("* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9)"), server("A3 OK x"),
                                          server("A4 OK x"), server("* 1 EXPUNGE"), server("* 1 EXPUNGE"),
                                          server("A5 OK x"), server("* SEARCH 3"), server("A6 OK x")}),
                     "selected"),
              (Events{"fetched 1 uid=1 size=9 ()", "done fetch", "done store", "done expunge", "search 3"}));
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected() + sent +
                                    Lines{server("A5 NO [NOPERM] no"), server("A3 BAD x"),
                                          server("A6 NO [BADCHARSET] y"), server("A4 NO z")}),
                     "selected"),
              (Events{"refused expunge auth: EXPUNGE refused: [NOPERM] no",
                      "refused fetch protocol: FETCH refused: x",
                      "refused search unsupported: SEARCH refused: [BADCHARSET] y",
                      "refused store permanent: STORE refused: z"}));
}

TEST(ImapCommands, LiteralsWaitForTheServer) {
    const auto act = at_selected([](ClientSession& s) {
        s.uid_search("CHARSET UTF-8 SUBJECT {2}\r\n\xC3\xBC TEXT {1}\r\n\n");
        s.uid_fetch("1", FetchBody::none, false);
    });
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected("IMAP4rev1") +
                                    Lines{client("A3 UID SEARCH CHARSET UTF-8 SUBJECT {2}"), server("+ go"),
                                          client("\xC3\xBC TEXT {1}"), server("* 4 EXISTS"), server("+ go"),
                                          client("\n"), client("A4 UID FETCH 1 (UID FLAGS RFC822.SIZE)"),
                                          server("* SEARCH"), server("A3 OK x"), server("A4 OK x")}),
                     "selected"),
              (Events{"search", "done fetch"}));
    // The refusal of a literal ends the command, and the one behind it goes out.
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected("IMAP4rev1") +
                                    Lines{client("A3 UID SEARCH CHARSET UTF-8 SUBJECT {2}"),
                                          server("A3 NO [BADCHARSET] x"),
                                          client("A4 UID FETCH 1 (UID FLAGS RFC822.SIZE)"), server("A4 OK x")}),
                     "selected"),
              (Events{"refused search unsupported: SEARCH refused: [BADCHARSET] x", "done fetch"}));
    EXPECT_EQ(test::Dialogue(test::plain_options(), act)
                  .play(test::selected("IMAP4rev1") +
                        Lines{client("A3 UID SEARCH CHARSET UTF-8 SUBJECT {2}"), server("A3 OK x")})
                  .back(),
              "failed protocol: SEARCH was answered before it was sent");
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::selected() + Lines{client("A3 UID SEARCH CHARSET UTF-8 SUBJECT {2+}"),
                                                   client("\xC3\xBC TEXT {1+}"), client("\n"),
                                                   client("A4 UID FETCH 1 (UID FLAGS RFC822.SIZE)"),
                                                   server("* SEARCH 9"), server("A3 OK x"), server("A4 OK x")}),
               "selected"),
        (Events{"search 9", "done fetch"}));
}

TEST(ImapCommands, BadArgumentsAreNeverSent) {
    const auto act = at_selected([](ClientSession& s) {
        s.uid_search("ALL\r\nA9 DELETE INBOX");
        s.uid_fetch("1\r\nA9 DELETE INBOX", FetchBody::whole);
        s.uid_store("x", FlagAction::add, {"\\Deleted"});
        s.uid_expunge("");
        s.select("\xFF", false);
    });
    EXPECT_EQ(behind(play_split(test::plain_options(), act, test::selected()), "selected"),
              (Events{"refused search usage: search criteria with a line end that no literal explains",
                      "refused fetch usage: not a UID set: \"1\r\nA9 DELETE INBOX\"",
                      "refused store usage: not a UID set: \"x\"", "refused expunge usage: not a UID set: \"\"",
                      "refused select usage: mailbox name is not UTF-8 at octet 0"}));
}

TEST(ImapCommands, ExpungeNeedsUidplus) {
    const auto act = at_selected([](ClientSession& s) { s.uid_expunge("1"); });
    EXPECT_EQ(play_split(test::plain_options(), act, test::selected("IMAP4rev1")).back(),
              "refused expunge unsupported: UID EXPUNGE needs UIDPLUS, which the server does not offer; "
              "the messages stay marked \\Deleted");
}

TEST(ImapCommands, MailboxNamesAreEncoded) {
    const auto act = [](ClientSession& s, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) s.select("Entw\xC3\xBCrfe\r\nA9 DELETE \"x", true);
    };
    EXPECT_EQ(play_split(test::plain_options(), act,
                         test::logged_in() + Lines{client("A2 EXAMINE \"Entw&APw-rfe&AA0ACg-A9 DELETE \\\"x\""),
                                                   server("A2 NO [NONEXISTENT] x")})
                  .back(),
              "refused select not_found: SELECT refused: [NONEXISTENT] x");
}

TEST(ImapCommands, NothingBeforeLogin) {
    ClientSession session(test::plain_options());
    session.uid_search("ALL");
    EXPECT_EQ(std::visit(test::Describe{}, session.next()), "refused search usage: not logged in");
    EXPECT_EQ(std::visit(test::Describe{}, session.next()), "need input");
}

// A refused SELECT leaves no mailbox selected: what was meant for it must not reach the one before.
TEST(ImapCommands, RefusedSelectStopsWhatFollows) {
    const auto act = [](ClientSession& s, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) {
            s.select("a", false);
            s.select("b", false);
            s.uid_store("1:*", FlagAction::add, {"\\Deleted"});
            s.select("a", false);
            s.uid_store("5", FlagAction::add, {"\\Deleted"});
        }
    };
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::logged_in() +
                              Lines{client("A2 SELECT \"a\""), server("A2 OK x"), client("A3 SELECT \"b\""),
                                    server("A3 NO x"), client("A5 SELECT \"a\""), server("A5 OK x"),
                                    client("A6 UID STORE 5 +FLAGS.SILENT (\\Deleted)"), server("A6 OK x")}),
               "ready"),
        (Events{"selected a exists=0 validity=0 next=0", "refused select not_found: SELECT refused: x",
                "refused store not_found: no mailbox is selected", "selected a exists=0 validity=0 next=0",
                "done store"}));
}

}  // namespace
}  // namespace mailpipe::imap
