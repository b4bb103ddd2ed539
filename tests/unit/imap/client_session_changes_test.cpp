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

constexpr std::string_view kAll = "IMAP4rev1 UIDPLUS MOVE LITERAL+";

Events after_select(const std::function<void(ClientSession&)>& act, const Lines& lines,
                    std::string_view capabilities = kAll) {
    return behind(play_split(test::plain_options(), at_selected(act), test::selected(capabilities) + lines),
                  "selected");
}

TEST(ImapChanges, Store) {
    EXPECT_EQ(
        after_select(
            [](ClientSession& s) {
                s.uid_store("1,4", FlagAction::add, {"\\Seen", "$Forwarded"});
                s.uid_store("1", FlagAction::remove, {"work"});
            },
            {client("A3 UID STORE 1,4 +FLAGS.SILENT (\\Seen $Forwarded)"),
             client("A4 UID STORE 1 -FLAGS.SILENT (work)"), server("A3 OK x"), server("A4 NO [CANNOT] y")}),
        (Events{"done store", "refused store permanent: STORE refused: [CANNOT] y"}));
}

TEST(ImapChanges, FlagsThatCouldEndACommandAreRefused) {
    for (const char* flag : {"a b", "a\r\nA9 DELETE INBOX", "", "\\", "a)", "{3}", "\xC3\xBC", "a\\b", "%"}) {
        const auto events =
            after_select([flag](ClientSession& s) { s.uid_store("1", FlagAction::add, {flag}); }, {});
        ASSERT_EQ(events.size(), 1U) << flag;
        EXPECT_EQ(events[0].substr(0, 21), "refused store usage: ") << flag;
    }
}

// RFC 4315 section 3, the example of UID COPY.
TEST(ImapChanges, CopyUid) {
    EXPECT_EQ(after_select([](ClientSession& s) { s.uid_copy("300:325", "meeting"); },
                           {client("A3 UID COPY 300:325 \"meeting\""),
                            server("A3 OK [COPYUID 38505 304,319:320 3956:3958] Done")}),
              (Events{"copied validity=38505 304>3956 319>3957 320>3958"}));
    EXPECT_EQ(after_select([](ClientSession& s) { s.uid_copy("1", "B\xC3\xBCro"); },
                           {client("A3 UID COPY 1 \"B&APw-ro\""), server("A3 OK done")}),
              (Events{"copied validity=0"}));
    EXPECT_EQ(after_select([](ClientSession& s) { s.uid_copy("1", "none"); },
                           {client("A3 UID COPY 1 \"none\""), server("A3 NO [TRYCREATE] no such mailbox")}),
              (Events{"refused copy not_found: COPY refused: [TRYCREATE] no such mailbox"}));
}

// RFC 6851 section 4.3: COPYUID comes before the EXPUNGE responses.
TEST(ImapChanges, Move) {
    const auto move = [](ClientSession& s) { s.uid_move("42:69", "foo"); };
    EXPECT_EQ(after_select(move, {client("A3 UID MOVE 42:69 \"foo\""),
                                  server("* OK [COPYUID 432432 42:44 1202:1204] "), server("* 22 EXPUNGE"),
                                  server("* 22 EXPUNGE"), server("* 22 EXPUNGE"), server("A3 OK Done")}),
              (Events{"copied validity=432432 42>1202 43>1203 44>1204"}));
    EXPECT_EQ(after_select(move, {}, "IMAP4rev1 UIDPLUS"),
              (Events{"refused move unsupported: MOVE is not offered by the server"}));
}

// isync CVE-2021-3578 and its like: only what was asked for is believed, and no range is expanded unjudged.
TEST(ImapChanges, HostileCopyUid) {
    const auto copy = [](ClientSession& s) { s.uid_copy("5:6", "x"); };
    for (const auto& [code, says] : std::vector<std::pair<std::string, std::string>>{
             {"COPYUID 7 5:6,9 1:3", "copied validity=7 5>1 6>2"},
             {"COPYUID 7 5:6 1:3", "copied validity=0"},
             {"COPYUID 7 1:4294967295 1:4294967295", "copied validity=0"},
             {"COPYUID 0 5 1", "copied validity=0"},
             {"COPYUID 7 5 0", "copied validity=0"},
             {"COPYUID 7 5 4294967296", "copied validity=0"},
             {"COPYUID 7 x y", "copied validity=0"},
             {"COPYUID", "copied validity=0"},
             {"APPENDUID 7 5", "copied validity=0"}}) {
        EXPECT_EQ(after_select(copy, {client("A3 UID COPY 5:6 \"x\""), server("A3 OK [" + code + "] x")}),
                  Events{says})
            << code;
    }
    // A code for a command that is not in flight says nothing.
    EXPECT_EQ(after_select(
                  copy, {client("A3 UID COPY 5:6 \"x\""), server("* OK [COPYUID 7 5 1] x"), server("A3 OK x")}),
              Events{"copied validity=0"});
}

// Gives the message piece by piece, as it is asked for.
test::OnEvent giver(std::string text, std::size_t piece) {
    return [text = std::move(text), piece](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) {
            session.append("Sent", {"\\Seen"}, " 2-Nov-2026 10:00:00 +0000", text.size());
            session.uid_search("ALL");
        }
        if (const auto* more = std::get_if<AppendMore>(&step))
            session.append_data(std::string_view(text).substr(text.size() - more->octets, piece));
    };
}

TEST(ImapChanges, Append) {
    // A line of the message that looks like a command stands in a literal.
    const std::string text = "Subject: a\r\n\r\nA9 LOGOUT\r\n";
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{5}}) {
        for (const bool plus : {true, false}) {
            Lines lines = test::logged_in(plus ? kAll : "IMAP4rev1 UIDPLUS");
            const std::string head = "A2 APPEND \"Sent\" (\\Seen) \" 2-Nov-2026 10:00:00 +0000\" {25";
            if (plus) {
                lines.push_back(client(head + "+}"));
            } else {
                lines = lines + Lines{client(head + "}"), server("+ go")};
            }
            lines = lines + Lines{client(text), server("A2 OK [APPENDUID 38505 3955] APPEND completed")};
            auto events = behind(play_split(test::plain_options(), giver(text, piece), lines), "ready");
            std::erase_if(events, [](const std::string& event) { return event.substr(0, 5) == "more "; });
            EXPECT_EQ(events, (Events{"appended validity=38505 uid=3955",
                                      "refused search not_found: no mailbox is selected"}));
        }
    }
}

// RFC 3502: all or none of them; each text follows what is said of it.
TEST(ImapChanges, MultiAppend) {
    const std::vector<std::string> texts{"Subject: 1\r\n\r\n", "",
                                         std::string("Subject: 3\r\n\r\na\0b\r\n", 19)};
    const auto act = [&texts, next = std::size_t{0}, left = std::uint64_t{0}](ClientSession& session,
                                                                              const ClientStep& step) mutable {
        if (std::holds_alternative<Ready>(step)) {
            session.append("Sent", {{{"\\Seen"}, " 2-Nov-2026 10:00:00 +0000", texts[0].size(), false},
                                    {{}, "", texts[1].size(), false},
                                    {{}, "", texts[2].size(), true}});
            session.create("New");
        }
        if (const auto* more = std::get_if<AppendMore>(&step)) {
            const std::string& text = more->octets > left ? texts[next == 0 ? 0 : 2] : texts[next == 1 ? 0 : 2];
            if (more->octets > left) ++next;
            left = more->octets - 1;
            session.append_data(std::string_view(text).substr(text.size() - more->octets, 1));
        }
    };
    const std::string first = "(\\Seen) \" 2-Nov-2026 10:00:00 +0000\" {";
    const std::string third = " () ~{" + std::to_string(texts[2].size());
    const std::string end = "A2 OK [APPENDUID 7 9:10,12] done";
    for (const bool plus : {true, false}) {
        const std::string capabilities =
            std::string("IMAP4rev1 MULTIAPPEND BINARY") + (plus ? " LITERAL+" : "");
        const std::string head = "A2 APPEND \"Sent\" " + first + std::to_string(texts[0].size());
        const Lines lines =
            plus ? Lines{client(head + "+}"), client(texts[0] + " () {0+}"), client(third + "+}"),
                         client(texts[2]),    client("A3 CREATE \"New\""),   server(end),
                         server("A3 OK x")}
                 : Lines{client(head + "}"),
                         server("+ go"),
                         client(texts[0] + " () {0}"),
                         server("+ go"),
                         client(third + "}"),
                         server("+ go"),
                         client(texts[2]),
                         client("A3 CREATE \"New\""),
                         server(end),
                         server("A3 OK x")};
        auto events =
            behind(play_split(test::plain_options(), act, test::logged_in(capabilities) + lines), "ready");
        std::erase_if(events, [](const std::string& event) { return event.substr(0, 5) == "more "; });
        EXPECT_EQ(events, (Events{"appended validity=7 uid=9,10,12", "done create"}));
    }
}

TEST(ImapChanges, MultiAppendNeedsItsExtensions) {
    const auto append = [](std::vector<AppendItem> messages) {
        return [messages = std::move(messages)](ClientSession& session, const ClientStep& step) {
            if (std::holds_alternative<Ready>(step)) session.append("x", messages);
        };
    };
    const auto play = [](const test::OnEvent& act) {
        return behind(play_split(test::plain_options(), act, test::logged_in("IMAP4rev1")), "ready");
    };
    EXPECT_EQ(play(append({{}, {}})),
              Events{"refused append unsupported: MULTIAPPEND is not offered by the server"});
    EXPECT_EQ(play(append({})), Events{"refused append usage: no message to append"});
    EXPECT_EQ(
        play(append({{{}, "", 3, true}})),
        Events{"refused append unsupported: a NUL in a message needs BINARY, which the server does not offer"});
    EXPECT_EQ(play(append({{{"a b"}, "", 3, false}})),
              Events{"refused append usage: \"a b\" cannot be a flag of an IMAP server"});
}

// What is large is not sent before the server wants it.
TEST(ImapChanges, ALargeMessageIsAskedFor) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.append("x", {}, "", 5'000'000);
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::logged_in(kAll) +
                                    Lines{client("A2 APPEND \"x\" () {5000000}"), server("A2 NO [TOOBIG] no")}),
                     "ready"),
              Events{"refused append permanent: APPEND refused: [TOOBIG] no"});
}

TEST(ImapChanges, AppendRefused) {
    const std::string text = "Subject: a\r\n\r\nbody\r\n";
    // Before the message is sent.
    const Lines login = test::logged_in("IMAP4rev1");
    auto events = behind(play_split(test::plain_options(), giver(text, 9),
                                    login + Lines{client("A2 APPEND \"Sent\" (\\Seen) \" 2-Nov-2026 10:00:00 "
                                                         "+0000\" {20}"),
                                                  server("A2 NO [OVERQUOTA] full")}),
                         "ready");
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events[0], "refused append permanent: APPEND refused: [OVERQUOTA] full");
}

TEST(ImapChanges, HostileAppendUid) {
    for (const char* code : {"APPENDUID 0 1", "APPENDUID 7 0", "APPENDUID 7 1:2", "APPENDUID 7",
                             "APPENDUID 7 1:4294967295", "COPYUID 7 1 1", "APPENDUID 4294967296 1"}) {
        const auto act = [](ClientSession& session, const ClientStep& step) {
            if (std::holds_alternative<Ready>(step)) session.append("x", {}, "", 0);
        };
        EXPECT_EQ(
            behind(play_split(test::plain_options(), act,
                              test::logged_in(kAll) + Lines{client("A2 APPEND \"x\" () {0+}"), client(""),
                                                            server("A2 OK [" + std::string(code) + "] x")}),
                   "ready"),
            (Events{"appended validity=0 uid=0"}))
            << code;
    }
}

// The other commands would land in the message.
TEST(ImapChanges, NothingIsSentInsideOfAMessage) {
    ClientSession session(test::plain_options());
    session.feed("* OK [CAPABILITY IMAP4rev1 LITERAL+] x\r\n");
    const auto next = [&session] {
        while (true) {
            ClientStep step = session.next();
            if (!std::holds_alternative<wire::Output>(step)) return step;
        }
    };
    ASSERT_TRUE(std::holds_alternative<wire::NeedInput>(next()));
    session.feed("A1 OK [CAPABILITY IMAP4rev1 LITERAL+] in\r\n");
    ASSERT_TRUE(std::holds_alternative<Ready>(next()));
    session.append("x", {}, "", 3);
    session.logout();
    ASSERT_TRUE(std::holds_alternative<AppendMore>(next()));
    session.append_data("ab");
    const ClientStep more = next();
    ASSERT_TRUE(std::holds_alternative<AppendMore>(more));
    EXPECT_EQ(std::get<AppendMore>(more).octets, 1U);
    // Asked once: what the server says meanwhile is read.
    EXPECT_TRUE(std::holds_alternative<wire::NeedInput>(next()));
    // An answer now would leave nobody sure of where the message ends.
    session.feed("A2 NO enough\r\n");
    const ClientStep failed = next();
    ASSERT_TRUE(std::holds_alternative<wire::Failed>(failed));
    EXPECT_EQ(std::get<wire::Failed>(failed).error.kind, Errc::protocol);
}

TEST(ImapChanges, MoreThanAnnounced) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.append("x", {}, "", 3);
        if (std::holds_alternative<AppendMore>(step)) session.append_data("abcd");
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::logged_in(kAll) + Lines{client("A2 APPEND \"x\" () {3+}")}),
                     "ready"),
              (Events{"more 3", "failed usage: more octets of a message than APPEND announced"}));
}

TEST(ImapChanges, PermanentFlags) {
    Lines lines = test::logged_in();
    lines = lines + Lines{client("A2 SELECT \"INBOX\""), server("* OK [PERMANENTFLAGS (\\Seen work \\*)] x"),
                          server("A2 OK [READ-WRITE] x")};
    std::vector<std::string> flags;
    const auto act = [&flags](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", false);
        if (const auto* selected = std::get_if<Selected>(&step)) flags = selected->permanent_flags.value();
    };
    play_split(test::plain_options(), act, lines);
    EXPECT_EQ(flags, (std::vector<std::string>{"\\Seen", "work", "\\*"}));
}

}  // namespace
}  // namespace mailpipe::imap
