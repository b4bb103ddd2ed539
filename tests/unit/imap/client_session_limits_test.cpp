#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::at_selected;
using test::client;
using test::Dialogue;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;

constexpr const char* kFetch = "A3 UID FETCH 5:9 (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])";

// Feeds the same octets until the session fails or `most` octets are through; the last event.
std::string endless(const std::string& octets, std::uint64_t most, std::uint64_t& fed) {
    const auto act = at_selected([](ClientSession& s) { s.uid_fetch("5:9", FetchBody::whole); });
    Dialogue dialogue(test::plain_options(), act);
    dialogue.play(test::selected() + Lines{client(kFetch)});
    std::string piece;
    while (piece.size() < 65536)
        piece += octets;
    for (fed = 0; fed < most; fed += piece.size()) {
        dialogue.session().feed(piece);
        for (ClientStep step = dialogue.session().next(); !std::holds_alternative<wire::NeedInput>(step);
             step = dialogue.session().next()) {
            if (const auto* failed = std::get_if<wire::Failed>(&step)) return test::describe(failed->error);
        }
    }
    return "no end";
}

TEST(ImapThreats, WhatNobodyAskedForHasAnEnd) {
    const std::string pad(4096, 'x');
    for (const std::string& octets : {
             "* OK still here " + pad + "\r\n",
             "* 7 EXISTS " + pad + "\r\n",
             "* 1 EXPUNGE " + pad + "\r\n",
             "* FLAGS (" + pad + ")\r\n",
             "* SEARCH 1 2 3 (" + pad + ")\r\n",
             "* THREAD (1)(2" + std::string(4096, '0') + ")\r\n",
             "* LIST () \"/\" " + pad + "\r\n",
             "* STATUS " + pad + " (MESSAGES 1)\r\n",
             "* ESEARCH UID ALL 1:4 " + pad + " 1\r\n",
             "* 1 FETCH (FLAGS (" + pad + "))\r\n",
             "* 1 FETCH (UID 77 RFC822.SIZE 1 FLAGS (" + pad + "))\r\n",
             "* 1 FETCH (BODY[TEXT] {4096}\r\n" + pad + ")\r\n",
             "* 2 FETCH (UID 5 RFC822.SIZE 4096 BODY[] {4096}\r\n" + pad + ")\r\n",
             "* X-FUTURE {4096}\r\n" + pad + "\r\n",
         }) {
        std::uint64_t fed = 0;
        const std::string end = endless(octets, 4 * limits::kImapUnasked, fed);
        EXPECT_EQ(end, "limit: more that nobody asked for than kImapUnasked (67108864 octets)")
            << octets.substr(0, 40);
        EXPECT_GT(fed, limits::kImapUnasked / 2) << octets.substr(0, 40);
    }
}

TEST(ImapThreats, ALiteralThatNobodyAskedForHasAnEnd) {
    std::uint64_t fed = 0;
    const auto act = at_selected([](ClientSession& s) { s.uid_fetch("5:9", FetchBody::whole); });
    Dialogue dialogue(test::plain_options(), act);
    dialogue.play(test::selected() + Lines{client(kFetch)});
    dialogue.session().feed("* 1 FETCH (BODY[HEADER] {9223372036854775807}\r\n");
    const std::string piece(1U << 20, 'x');
    while (fed < 4 * limits::kImapUnasked) {
        dialogue.session().feed(piece);
        fed += piece.size();
        ClientStep step = dialogue.session().next();
        if (const auto* failed = std::get_if<wire::Failed>(&step)) {
            EXPECT_NE(failed->error.message.find("kImapUnasked"), std::string::npos) << failed->error.message;
            return;
        }
    }
    ADD_FAILURE() << "no end";
}

TEST(ImapThreats, NewsInIdleHasAnEnd) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) session.idle();
    };
    Lines lines = test::selected("IMAP4rev1 IDLE");
    lines.push_back(client("A3 IDLE"));
    lines.push_back(server("+ idling"));
    lines.insert(lines.end(), 200, server("* 9 EXISTS " + std::string(1U << 19, 'x')));
    EXPECT_EQ(Dialogue(test::plain_options(), act).play(lines).back(),
              "failed limit: more that nobody asked for than kImapUnasked (67108864 octets)");
}

TEST(ImapThreats, ATaggedResponseBeginsAnew) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step) || std::holds_alternative<CommandDone>(step)) session.noop();
    };
    Lines lines = test::logged_in();
    const std::string line = "* OK " + std::string(1U << 19, 'x');
    for (int round = 2; round < 5; ++round) {
        const std::string tag = "A" + std::to_string(round);
        lines.push_back(client(tag + " NOOP"));
        lines.insert(lines.end(), 60, server(line));
        lines.push_back(server(tag + " OK done"));
    }
    lines.push_back(client("A5 NOOP"));
    EXPECT_EQ(Dialogue(test::plain_options(), act).play(lines).back(), "done noop");
}

TEST(ImapThreats, AlertsHaveAnEnd) {
    Lines lines = test::logged_in();
    for (std::size_t i = 0; i <= limits::kImapAlerts; ++i)
        lines.push_back(server("* OK [ALERT] look"));
    const auto events = Dialogue(test::plain_options(), {}).play(lines);
    EXPECT_EQ(events.back(), "failed limit: more alerts than kImapAlerts (100)");
    EXPECT_EQ(std::count(events.begin(), events.end(), "alert look"), limits::kImapAlerts);
}

TEST(ImapThreats, TwoUidsOfOneMessage) {
    const auto act = at_selected([](ClientSession& s) { s.uid_fetch("5:9", FetchBody::whole); });
    for (const char* reply :
         {"* 2 FETCH (UID 5 UID 6 RFC822.SIZE 3 BODY[] {3}\r\nabc)",
          "* 2 FETCH (UID 5 RFC822.SIZE 3 BODY[] {3}\r\nabc UID 6)", "* 2 FETCH (UID 8 FLAGS () UID 9)"}) {
        const Lines lines = test::selected() + Lines{client(kFetch), server(reply)};
        EXPECT_EQ(test::play_split(test::plain_options(), act, lines).back(),
                  "failed protocol: FETCH response with two UIDs of one message");
    }
    const Lines lines =
        test::selected() + Lines{client(kFetch), server("* 2 FETCH (UID 5 UID 5 BODY[] \"x\")")};
    EXPECT_EQ(test::play_split(test::plain_options(), act, lines).back(), "fetched 2 uid=5 size=? () body");
}

struct Recorder : Trace {
    std::string all;
    void client_line(std::string_view line) override { all += "C: " + std::string(line) + "\n"; }
    void server_line(std::string_view line) override { all += "S: " + std::string(line) + "\n"; }
};

TEST(ImapThreats, EchoedSecretsStayHere) {
    const std::string cut = std::string(95, 'x') + "secret";
    const Lines rows[] = {
        {server("* BYE LOGIN alice secret")},
        {server("* OK [CAPABILITY IMAP4rev1] x"), client("A1 LOGIN \"alice\" \"secret\""),
         server("A1 BAD unknown: LOGIN \"alice\" \"secret\"")},
        {server("* OK [CAPABILITY IMAP4rev1] x"), client("A1 LOGIN \"alice\" \"secret\""),
         server("A1 NO [secret] SECRET")},
        {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] x"),
         client("A1 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA=="), server("A1 NO AGFsaWNlAHNlY3JldA==")},
        {server("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x"), client("A1 AUTHENTICATE PLAIN"), server("+ "),
         client("AGFsaWNlAHNlY3JldA=="), server("A1 NO c2VjcmV0")},
        test::logged_in() + Lines{server("* OK [ALERT] secret and c2VjcmV0"), server("* BYE secret")},
        test::logged_in() + Lines{server(cut)},
    };
    for (const Lines& lines : rows) {
        Recorder trace;
        ClientOptions options = test::plain_options();
        options.trace = &trace;
        const std::string said = test::join(Dialogue(options, {}).play(lines)) + trace.all;
        EXPECT_NE(said.find("***"), std::string::npos) << said;
        for (const char* word : {"secre", "SECRE", "AGFs", "c2Vj"})
            EXPECT_EQ(said.find(word), std::string::npos) << said;
    }
}

}  // namespace
}  // namespace mailpipe::imap
