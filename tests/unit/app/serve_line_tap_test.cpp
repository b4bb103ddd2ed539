#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/tap.hpp"

namespace mailpipe::app::serve {
namespace {

// A Tap between a peer's octets and a session that answers each command by the table.
class Talk {
 public:
    Talk(FaultProtocol protocol, const std::vector<const char*>& faults, const std::string& without = {})
        : faults_(parse(faults), 1) {
        if (!without.empty() && !mask_.add(without)) ADD_FAILURE() << without;
        Tap::Options options;
        options.protocol = protocol;
        options.faults = &faults_;
        options.mask = &mask_;
        options.tell = [this](const Json&) { ++told; };
        options.log = "connection 1";
        tap = Tap::make(std::move(options));
        do_effect(tap->connected());
        say(protocol == FaultProtocol::pop3 ? "+OK ready <1@x>\r\n" : "220 ready\r\n");
    }

    // Feeds the input in pieces of `step` octets; `answer` is what the session says to each piece it is given.
    void run(std::string_view input, std::size_t step,
             const std::function<std::string(const std::string&)>& answer) {
        for (std::size_t at = 0; at < input.size(); at += step) {
            tap->received(input.substr(at, step));
            drain(answer);
        }
    }

    std::unique_ptr<Tap> tap;
    std::string to_session;
    std::string to_peer;
    int told = 0;
    Tap::Then then = Tap::Then::go_on;

 private:
    static std::vector<Fault> parse(const std::vector<const char*>& texts) {
        std::vector<Fault> faults;
        for (const char* text : texts)
            faults.push_back(*parse_fault(text));
        return faults;
    }
    void say(std::string octets) { do_effect(tap->sent(std::move(octets))); }
    void do_effect(const Tap::Effect& effect) {
        if (then != Tap::Then::go_on) return;
        to_peer += effect.octets;
        then = effect.then;
    }
    void drain(const std::function<std::string(const std::string&)>& answer) {
        while (then == Tap::Then::go_on) {
            Tap::Step step = tap->next();
            if (std::holds_alternative<Tap::NeedOctets>(step)) return;
            if (const auto* effect = std::get_if<Tap::Effect>(&step)) {
                do_effect(*effect);
            } else {
                const std::string octets = std::get<Tap::ToSession>(step).octets;
                to_session += octets;
                const std::string reply = answer(octets);
                if (!reply.empty()) say(reply);
            }
        }
    }

    FaultSet faults_;
    CapabilityMask mask_;
};

// Whole replies to SMTP commands; the end of a message is asked for as a session does it.
std::string smtp_session(Talk& talk, const std::string& octets, std::string& body) {
    if (!body.empty() || octets.starts_with("DATA")) {
        body += octets;
        if (octets.starts_with("DATA")) return "354 go\r\n";
        if (!body.ends_with("\r\n.\r\n")) return {};
        body.clear();
        const auto refused = talk.tap->message_ends();
        return std::find(refused.begin(), refused.end(), true) == refused.end() ? "250 2.0.0 stored\r\n"
                                                                                : "451 refused\r\n";
    }
    if (octets.starts_with("EHLO")) return "250-x\r\n250-PIPELINING\r\n250-SIZE 100\r\n250 DSN\r\n";
    if (octets.starts_with("QUIT")) return "221 bye\r\n";
    return "250 2.1.0 ok\r\n";
}

constexpr std::string_view kSmtp =
    "EHLO c\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<one@x>\r\nRCPT TO:<two@x>\r\nDATA\r\nSubject: "
    "x\r\n\r\n..\r\nx.\r\n.\r\nQUIT\r\n";

TEST(LineTap, SmtpIsTheSameHoweverItIsCut) {
    for (std::size_t step = 1; step <= kSmtp.size(); ++step) {
        Talk talk(FaultProtocol::smtp,
                  {"smtp rcpt to=two@* reply=\"452 full\"", "smtp end reply=\"554 no\\nmore\""});
        std::string body;
        talk.run(kSmtp, step, [&](const std::string& octets) { return smtp_session(talk, octets, body); });
        EXPECT_EQ(talk.to_peer,
                  "220 ready\r\n250-x\r\n250-PIPELINING\r\n250-SIZE 100\r\n250 DSN\r\n250 2.1.0 ok\r\n250 "
                  "2.1.0 ok\r\n452 full\r\n"
                  "354 go\r\n554 no\r\nmore\r\n221 bye\r\n")
            << step;
        EXPECT_EQ(talk.told, 2);
        EXPECT_EQ(talk.to_session.find("two@x"), std::string::npos);
        if (testing::Test::HasFailure()) return;
    }
}

TEST(LineTap, MessageEndsAtItsDotOnly) {
    Talk talk(FaultProtocol::smtp, {});
    std::string body;
    talk.run("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\n.\nMAIL FROM:<evil@x>\r\n..\r\n\r\r\n.\r\nNOOP\r\n",
             7, [&](const std::string& octets) { return smtp_session(talk, octets, body); });
    EXPECT_EQ(talk.to_peer.substr(talk.to_peer.find("354")), "354 go\r\n250 2.0.0 stored\r\n250 2.1.0 ok\r\n");
}

// threats.md: commands before STARTTLS are not kept; the session has to see that there are some.
TEST(LineTap, WhatStandsBehindStartTlsGoesWithIt) {
    Talk talk(FaultProtocol::smtp, {"smtp noop drop"});
    std::vector<std::string> pieces;
    talk.run("STARTTLS\r\nNOOP\r\n", 100, [&](const std::string& octets) {
        pieces.push_back(octets);
        return std::string();
    });
    EXPECT_EQ(pieces, (std::vector<std::string>{"STARTTLS\r\nNOOP\r\n"}));
}

TEST(LineTap, MasksCapabilitiesAndTheirCommands) {
    Talk talk(FaultProtocol::smtp, {}, "dsn,SIZE");
    std::string body;
    talk.run("EHLO c\r\nMAIL FROM:<> SIZE=3\r\nMAIL FROM:<>\r\nRCPT TO:<a@b> NOTIFY=NEVER\r\n", 3,
             [&](const std::string& octets) { return smtp_session(talk, octets, body); });
    EXPECT_EQ(
        talk.to_peer,
        "220 ready\r\n250-x\r\n250 PIPELINING\r\n555 5.5.4 Parameter SIZE is not known\r\n250 2.1.0 ok\r\n"
        "555 5.5.4 Parameter NOTIFY is not known\r\n");

    Talk plain(FaultProtocol::smtp, {}, "ENHANCEDSTATUSCODES,EHLO");
    plain.run("EHLO c\r\nHELO c\r\n", 4,
              [&](const std::string& octets) { return smtp_session(plain, octets, body); });
    EXPECT_EQ(plain.to_peer, "220 ready\r\n500 Command is not known\r\n250 ok\r\n");

    Talk pop3(FaultProtocol::pop3, {}, "UIDL,APOP,RESP-CODES");
    pop3.run("CAPA\r\nUIDL\r\nAPOP a b\r\nUSER x\r\n", 5, [](const std::string& octets) {
        return octets.starts_with("CAPA") ? "+OK list\r\nTOP\r\nUIDL\r\nRESP-CODES\r\n.\r\n"
                                          : "-ERR [IN-USE] busy\r\n";
    });
    EXPECT_EQ(
        pop3.to_peer,
        "+OK ready\r\n+OK list\r\nTOP\r\n.\r\n-ERR Unknown command\r\n-ERR Unknown command\r\n-ERR busy\r\n");
    CapabilityMask mask;
    EXPECT_TRUE(mask.add("idle, AUTH=PLAIN,auth=scram-sha-256-plus,Rights=texk"));
    EXPECT_FALSE(mask.add("AUTH=PLAN"));
    const auto wrong = mask.add("PIPELINNING");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("did you mean PIPELINING?"), std::string::npos);
}

TEST(LineTap, LogHidesPasswords) {
    Talk talk(FaultProtocol::pop3, {});
    talk.run(
        "USER bob\r\nPASS secret\r\nAUTH PLAIN AGJvYgBzZWNyZXQ=\r\nAPOP bob 0123\r\nAUTH "
        "PLAIN\r\nAGJvYgBzZWNyZXQ=\r\n",
        9, [](const std::string& octets) { return octets == "AUTH PLAIN\r\n" ? "+ \r\n" : "+OK a\\b\r\n"; });
    const std::string log = talk.tap->take_log();
    EXPECT_EQ(log,
              "# connection 1\nS: +OK ready <1@x>\nC: USER bob\nS: +OK a\\\\b\nC: PASS ***\nS: +OK a\\\\b\n"
              "C: AUTH PLAIN ***\nS: +OK a\\\\b\nC: APOP bob ***\nS: +OK a\\\\b\nC: AUTH PLAIN\nS: + \nC: "
              "***\nS: +OK a\\\\b\n");
}

TEST(LineTap, RepliesOfPop3AreEdited) {
    Talk talk(FaultProtocol::pop3, {"pop3 list wrong-count=+1 wrong-size=7", "pop3 retr cut-after=12"});
    talk.run("LIST\r\nRETR 1\r\n", 4, [](const std::string& octets) {
        return octets.starts_with("LIST") ? "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n.\r\n"
                                          : "+OK 10 octets\r\ntext\r\n.\r\n";
    });
    EXPECT_EQ(talk.to_peer, "+OK ready <1@x>\r\n+OK 3 messages (7 octets)\r\n1 7\r\n2 7\r\n.\r\n+OK 10 octet");
    EXPECT_EQ(talk.then, Tap::Then::close);
}

TEST(LineTap, ChunksFollowBdatWhateverBecomesOfIt) {
    for (std::size_t step = 1; step < 40; ++step) {
        Talk talk(FaultProtocol::smtp, {"smtp bdat n=1 reply=\"451 no\""});
        std::string to;
        talk.run("BDAT 6\r\nNOOP\r\nBDAT 3\r\nab\nNOOP\r\n", step, [&](const std::string& octets) {
            to += octets;
            return to.ends_with("ab\n") || octets == "NOOP\r\n" ? "250 ok\r\n" : "";
        });
        EXPECT_EQ(talk.to_peer, "220 ready\r\n451 no\r\n250 ok\r\n250 ok\r\n") << step;
        EXPECT_EQ(talk.to_session, "BDAT 3\r\nab\nNOOP\r\n");
    }
}

}  // namespace
}  // namespace mailpipe::app::serve
