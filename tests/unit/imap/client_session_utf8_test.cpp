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

constexpr std::string_view kUtf8 = "IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+";

test::OnEvent once_enabled(std::function<void(ClientSession&)> act) {
    return [act = std::move(act)](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.enable({"UTF8=ACCEPT"});
        const auto* done = std::get_if<CommandDone>(&step);
        if (done != nullptr && done->command == Command::enable) act(session);
    };
}

Events after_enable(const std::function<void(ClientSession&)>& act, const Lines& lines) {
    return behind(play_split(test::plain_options(), once_enabled(act),
                             test::logged_in(kUtf8) +
                                 Lines{client("A2 ENABLE UTF8=ACCEPT"), server("* ENABLED UTF8=ACCEPT"),
                                       server("A2 OK x")} +
                                 lines),
                  "done enable");
}

// RFC 6855 section 3: names as they are, in both directions, and no charset.
TEST(ImapUtf8, Names) {
    EXPECT_EQ(after_enable(
                  [](ClientSession& session) { session.status("B\xC3\xBCro & Co"); },
                  {client("A3 STATUS {10+}"), client("B\xC3\xBCro & Co (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)"),
                   server("* STATUS \"B\xC3\xBCro & Co\" (MESSAGES 3)"), server("A3 OK x")}),
              (Events{"status B\xC3\xBCro & Co 3 - - - -", "done status"}));
    EXPECT_EQ(after_enable(
                  [](ClientSession& session) { session.list(false); },
                  {client("A3 LIST \"\" \"*\""), server("* LIST () \"/\" \"\xE6\x97\xA5\""),
                   server("* LIST () \"/\" \"&AOQ-\""), server("* LIST () \"/\" \"\xFF\""), server("A3 OK x")}),
              (Events{"listed \xE6\x97\xA5 \"/\" ()", "listed &AOQ- \"/\" ()",
                      "listed \xFF \"/\" () not addressable", "done list"}));
    EXPECT_EQ(
        after_enable([](ClientSession& session) { session.create("a\nb"); }, {}),
        (Events{"refused create usage: the name of a mailbox has to be UTF-8 without control characters"}));
}

TEST(ImapUtf8, SearchWithoutCharset) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.enable({"UTF8=ACCEPT"});
        if (std::holds_alternative<CommandDone>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) session.uid_search("CHARSET UTF-8 SUBJECT \"\xC3\xBC\"");
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::logged_in(kUtf8) +
                                    Lines{client("A2 ENABLE UTF8=ACCEPT"), server("* ENABLED UTF8=ACCEPT"),
                                          server("A2 OK x"), client("A3 EXAMINE \"INBOX\""), server("A3 OK x"),
                                          client("A4 UID SEARCH SUBJECT \"\xC3\xBC\""), server("* SEARCH 1"),
                                          server("A4 OK x")}),
                     "selected"),
              (Events{"search 1"}));
}

// RFC 6855 section 4, with MULTIAPPEND.
TEST(ImapUtf8, Append) {
    const auto on_event = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.enable({"UTF8=ACCEPT"});
        const auto* done = std::get_if<CommandDone>(&step);
        if (done != nullptr && done->command == Command::enable)
            session.append("a",
                           {{{}, "", 2, false, true}, {{}, "", 3, false, false}, {{}, "", 4, false, true}});
        if (const auto* more = std::get_if<AppendMore>(&step))
            session.append_data(std::string(more->octets, 'x'));
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), on_event,
                                test::logged_in("IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+ MULTIAPPEND") +
                                    Lines{client("A2 ENABLE UTF8=ACCEPT"), server("* ENABLED UTF8=ACCEPT"),
                                          server("A2 OK x"), client("A3 APPEND \"a\" () UTF8 (~{2+}"),
                                          client("xx) () {3+}"), client("xxx () UTF8 (~{4+}"), client("xxxx)"),
                                          server("A3 OK x")}),
                     "done enable"),
              (Events{"more 2", "more 3", "more 4", "appended validity=0 uid=0"}));
}

TEST(ImapUtf8, OnlyMeansAccept) {
    const auto on_event = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.enable({"UTF8=ACCEPT"});
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), on_event,
                                test::logged_in("IMAP4rev1 UTF8=ONLY") +
                                    Lines{client("A2 ENABLE UTF8=ACCEPT"), server("A2 NO no")}),
                     "ready"),
              (Events{"refused enable permanent: ENABLE refused: no"}));
}

}  // namespace
}  // namespace mailpipe::imap
