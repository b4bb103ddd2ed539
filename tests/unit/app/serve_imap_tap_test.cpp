#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/tap.hpp"

namespace mailpipe::app::serve {
namespace {

// A Tap between a client's octets and a session that answers each piece that it is given.
class Talk {
 public:
    using Answer = std::function<std::string(const std::string&)>;

    explicit Talk(const std::vector<std::string>& faults) : faults_(parse(faults), 1) {
        Tap::Options options;
        options.protocol = FaultProtocol::imap;
        options.faults = &faults_;
        options.mask = &mask_;
        options.tell = [this](const Json& event) { told.push_back(event); };
        options.log = "connection 1";
        tap = Tap::make(std::move(options));
        do_effect(tap->connected());
        say("* OK ready\r\n");
        to_peer.erase(0, to_peer == "* OK ready\r\n" ? to_peer.size() : 0);
    }

    void run(std::string_view input, std::size_t step, const Answer& answer) {
        for (std::size_t at = 0; at < input.size(); at += step) {
            tap->received(input.substr(at, step));
            drain(answer);
        }
    }
    void say(std::string octets) { do_effect(tap->sent(std::move(octets))); }

    std::unique_ptr<Tap> tap;
    std::string to_session;
    std::string to_peer;
    std::vector<Json> told;
    Tap::Then then = Tap::Then::go_on;
    std::chrono::milliseconds delayed{};

 private:
    static std::vector<Fault> parse(const std::vector<std::string>& texts) {
        std::vector<Fault> faults;
        for (const std::string& text : texts) {
            auto fault = parse_fault(text);
            if (!fault) ADD_FAILURE() << fault.error().message;
            if (fault) faults.push_back(*fault);
        }
        return faults;
    }
    void do_effect(const Tap::Effect& effect) {
        if (then != Tap::Then::go_on) return;
        to_peer += effect.octets;
        then = effect.then;
        delayed += effect.delay;
    }
    void drain(const Answer& answer) {
        while (then == Tap::Then::go_on) {
            Tap::Step step = tap->next();
            if (std::holds_alternative<Tap::NeedOctets>(step)) return;
            if (const auto* effect = std::get_if<Tap::Effect>(&step)) {
                do_effect(*effect);
                continue;
            }
            const std::string octets = std::get<Tap::ToSession>(step).octets;
            ASSERT_FALSE(octets.empty());
            to_session += octets;
            const std::string reply = answer(octets);
            if (!reply.empty()) say(reply);
        }
    }

    FaultSet faults_;
    CapabilityMask mask_;
};

// A session as far as the framing goes: whole commands are answered by their verb.
class Session {
 public:
    std::string operator()(const std::string& octets) {
        input_ += octets;
        std::string out;
        while (true) {
            if (literal_ > 0) {
                const std::size_t size = std::min(literal_, input_.size());
                command_ += input_.substr(0, size);
                input_.erase(0, size);
                literal_ -= size;
                if (literal_ > 0) return out;
            }
            const std::size_t end = input_.find("\r\n");
            if (end == std::string::npos) return out;
            const std::string line = input_.substr(0, end);
            input_.erase(0, end + 2);
            out += on_line(line);
        }
    }
    std::vector<std::string> commands;

 private:
    std::string on_line(const std::string& line) {
        if (tag_.empty()) tag_ = line.substr(0, line.find(' '));
        command_ += line;
        if (line.ends_with('}')) {
            const bool asks = !line.ends_with("+}");
            literal_ = std::stoul(line.substr(line.rfind('{') + 1));
            return asks ? "+ Ready\r\n" : "";
        }
        const bool waits = command_ == tag_ + " IDLE" || command_ == tag_ + " AUTHENTICATE PLAIN";
        if (waits) return "+ \r\n";
        commands.push_back(std::exchange(command_, {}));
        const std::string tag = std::exchange(tag_, {});
        return answer(commands.back(), tag);
    }
    static std::string answer(const std::string& command, const std::string& tag) {
        if (command.find_first_of(std::string_view("\x01\0*", 3)) != std::string::npos)
            return tag + " BAD no\r\n";
        if (command.find("SELECT") != std::string::npos)
            return "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] is\r\n* OK [UIDNEXT 40] Predicted\r\n* OK "
                   "[HIGHESTMODSEQ 5] x\r\n" +
                   tag + " OK [READ-WRITE] done\r\n";
        if (command.find("FETCH") != std::string::npos)
            return "* 1 FETCH (UID 7 RFC822.SIZE 12 MODSEQ (3) FLAGS (UID 5) ENVELOPE (\"UID 1 (UID 2\") "
                   "BODY[HEADER.FIELDS "
                   "(UID 3)] {14}\r\n* 3 EXISTS\r\n\r\n UID 8)\r\n* 2 FETCH (FLAGS ())\r\n" +
                   tag + " OK done\r\n";
        if (command.find("STATUS") != std::string::npos)
            return "* STATUS \"UIDNEXT 1\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5 SIZE 6 HIGHESTMODSEQ 7)\r\n" +
                   tag + " OK done {3}\r\n";
        if (command.find("APPEND") != std::string::npos) return tag + " OK [APPENDUID 9 40] done\r\n";
        if (command.find("LOGOUT") != std::string::npos) return "* BYE out\r\n" + tag + " OK done\r\n";
        return tag + " OK done\r\n";
    }

    std::string input_;
    std::string command_;
    std::string tag_;
    std::size_t literal_ = 0;
};

struct Outcome {
    std::string to_peer;
    std::vector<std::string> commands;
    Tap::Then then = Tap::Then::go_on;
    std::vector<std::string> points;
    std::string log;
};

// The same however the input is cut.
Outcome play(const std::vector<std::string>& faults, std::string_view input) {
    std::optional<Outcome> first;
    for (std::size_t step = input.size(); step > 0; --step) {
        Talk talk(faults);
        Session session;
        talk.run(input, step, [&session](const std::string& octets) { return session(octets); });
        Outcome outcome{talk.to_peer, session.commands, talk.then, {}, talk.tap->take_log()};
        for (const Json& event : talk.told)
            outcome.points.push_back(event.at("point").get<std::string>());
        if (!first) first = outcome;
        EXPECT_EQ(outcome.to_peer, first->to_peer) << step;
        EXPECT_EQ(outcome.commands, first->commands) << step;
        EXPECT_EQ(outcome.points, first->points) << step;
        // What came of a message that is cut short is seen in the pieces that it came in.
        if (outcome.then != Tap::Then::go_on) outcome.log = first->log;
        EXPECT_EQ(outcome.log, first->log) << step;
        if (testing::Test::HasFailure()) break;
    }
    return *first;
}

constexpr std::string_view kDone = " OK done\r\n";

TEST(ImapTap, RepliesGetTheTagAndReplaceTheCommand) {
    const Outcome got = play({R"(imap noop reply="* 7 EXPUNGE\nNO [INUSE] busy")"}, "a1 NOOP\r\na2 CHECK\r\n");
    EXPECT_EQ(got.to_peer, "* 7 EXPUNGE\r\na1 NO [INUSE] busy\r\na2 OK done\r\n");
    EXPECT_EQ(got.commands, (std::vector<std::string>{"a2 CHECK"}));

    // UID is no verb of its own.
    EXPECT_EQ(play({R"(imap store reply="NO [READ-ONLY] x")"}, "b UID store 1 FLAGS ()\r\n").to_peer,
              "b NO [READ-ONLY] x\r\n");
    // Whatever tag it is to have.
    EXPECT_EQ(play({R"(imap noop reply="x9 OK y")"}, "b NOOP\r\n").to_peer, "x9 OK y\r\n");
}

TEST(ImapTap, ByeEndsTheConnection) {
    const std::pair<const char*, const char*> rows[] = {
        {R"(imap noop reply="* BYE x")", "* BYE x\r\n"},
        {R"(imap noop reply="* OK x\n* BYE x\nNO y")", "* OK x\r\n* BYE x\r\na NO y\r\n"},
        {R"(imap greeting reply="* BYE x")", "* BYE x\r\n"},
        {R"(imap noop drop)", ""},
        {R"(imap command n=1 reset)", ""},
        {R"(imap connect drop)", ""},
    };
    for (const auto& [fault, says] : rows) {
        const Outcome got = play({fault}, "a NOOP\r\nb CHECK\r\n");
        EXPECT_EQ(got.to_peer, says) << fault;
        EXPECT_NE(got.then, Tap::Then::go_on) << fault;
        EXPECT_TRUE(got.commands.empty()) << fault;
    }
    EXPECT_EQ(play({R"(imap logout reply="NO stay")"}, "a LOGOUT\r\n").then, Tap::Then::close);
}

TEST(ImapTap, NumbersAreWrongWhereTheyAreNumbers) {
    const std::string select =
        "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] is\r\n* OK [UIDNEXT 40] Predicted\r\n* OK "
        "[HIGHESTMODSEQ 5] x\r\na OK [READ-WRITE] done\r\n";
    const std::string fetch =
        "* 1 FETCH (UID 7 RFC822.SIZE 12 MODSEQ (3) FLAGS (UID 5) ENVELOPE (\"UID 1 (UID 2\") "
        "BODY[HEADER.FIELDS "
        "(UID 3)] {14}\r\n* 3 EXISTS\r\n\r\n UID 8)\r\n* 2 FETCH (FLAGS ())\r\na OK done\r\n";
    const std::string status =
        "* STATUS \"UIDNEXT 1\" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5 SIZE 6 HIGHESTMODSEQ 7)\r\na OK done "
        "{3}\r\n";
    struct Row {
        const char* fault;
        const char* command;
        std::string before;
        std::vector<std::pair<const char*, const char*>> changes;
    };
    const Row rows[] = {
        {"select wrong-count=+1", "SELECT x", select, {{"3 EXISTS", "4 EXISTS"}}},
        {"select wrong-count=0", "SELECT x", select, {{"3 EXISTS", "0 EXISTS"}}},
        {"select wrong-uidnext=-1 wrong-uidvalidity=1 wrong-modseq=1",
         "SELECT x",
         select,
         {{"UIDVALIDITY 9", "UIDVALIDITY 1"}, {"UIDNEXT 40", "UIDNEXT 39"}, {"MODSEQ 5", "MODSEQ 1"}}},
        {"fetch wrong-uid=2 wrong-size=1 wrong-modseq=9 wrong-count=9",
         "FETCH 1 x",
         fetch,
         {{"(UID 7", "(UID 2"}, {"SIZE 12", "SIZE 1"}, {"MODSEQ (3)", "MODSEQ (9)"}, {"UID 8", "UID 2"}}},
        {"status wrong-count=+1 wrong-uidnext=1 wrong-uidvalidity=2 wrong-size=3 wrong-modseq=4",
         "STATUS x ()",
         status,
         {{"MESSAGES 3", "MESSAGES 4"},
          {"3 UIDNEXT 4", "3 UIDNEXT 1"},
          {"4 UIDNEXT 4", "4 UIDNEXT 1"},
          {"UIDVALIDITY 5", "UIDVALIDITY 2"},
          {"SIZE 6", "SIZE 3"},
          {"MODSEQ 7", "MODSEQ 4"}}},
        {"append wrong-uidvalidity=5",
         "APPEND x {1+}\r\nx",
         "a OK [APPENDUID 9 40] done\r\n",
         {{"APPENDUID 9", "APPENDUID 5"}}},
    };
    for (const Row& row : rows) {
        std::string expected = row.before;
        for (const auto& [from, to] : row.changes) {
            const std::size_t at = expected.find(from);
            if (at != std::string::npos) expected.replace(at, std::string_view(from).size(), to);
        }
        EXPECT_EQ(play({std::string("imap ") + row.fault}, "a " + std::string(row.command) + "\r\n").to_peer,
                  expected)
            << row.fault;
    }
}

TEST(ImapTap, AnswersAreCutAndAddedTo) {
    const std::string fetch = "a FETCH 1 x\r\n";
    const auto literal = play({"imap fetch cut-literal=4"}, fetch);
    EXPECT_TRUE(literal.to_peer.ends_with("(UID 3)] {14}\r\n* 3 ")) << literal.to_peer;
    EXPECT_EQ(literal.then, Tap::Then::close);
    EXPECT_TRUE(play({"imap fetch cut-literal=0 reset"}, fetch).to_peer.ends_with("{14}\r\n"));
    EXPECT_TRUE(play({"imap fetch cut-literal=99 hang"}, fetch).to_peer.ends_with("* 3 EXISTS\r\n\r"));

    const auto bye = play({"imap fetch bye-after=1"}, fetch);
    EXPECT_TRUE(bye.to_peer.ends_with(" UID 8)\r\n* BYE Server is going down\r\n")) << bye.to_peer;
    EXPECT_EQ(bye.then, Tap::Then::close);
    EXPECT_EQ(play({"imap fetch bye-after=0"}, fetch).to_peer, "* BYE Server is going down\r\n");
    EXPECT_TRUE(play({"imap fetch bye-after=9"}, fetch)
                    .to_peer.ends_with("(FLAGS ())\r\n* BYE Server is going down\r\n"));

    EXPECT_EQ(play({R"(imap noop unsolicited="* 7 EXPUNGE\n* 9 EXISTS")"}, "a NOOP\r\n").to_peer,
              "* 7 EXPUNGE\r\n* 9 EXISTS\r\na OK done\r\n");
    EXPECT_EQ(play({R"(imap noop wrong-result="NO [SERVERBUG] x")"}, "a NOOP\r\nb NOOP\r\n").to_peer,
              "a NO [SERVERBUG] x\r\nb NO [SERVERBUG] x\r\n");
    EXPECT_EQ(play({"imap noop cut-after=3"}, "a NOOP\r\n").to_peer, "a O");
    EXPECT_EQ(play({"imap noop garble"}, "a NOOP\r\n").to_peer.size(), 1 + kDone.size());
}

TEST(ImapTap, LiteralsOfRefusedCommandsAreNoCommands) {
    const std::string literal = "x NOOP\r\ny";
    // The client that was refused does not send it.
    EXPECT_EQ(play({R"(imap append reply="NO [OVERQUOTA] x")"}, "a APPEND b {9}\r\nc NOOP\r\n").to_peer,
              "a NO [OVERQUOTA] x\r\nc OK done\r\n");
    const auto unasked = play({R"(imap append reply="NO [OVERQUOTA] x")"},
                              "a APPEND b {9+}\r\n" + literal + " {9+}\r\n" + literal + "\r\nc NOOP\r\n");
    EXPECT_EQ(unasked.to_peer, "a NO [OVERQUOTA] x\r\nc OK done\r\n");
    EXPECT_EQ(unasked.commands, (std::vector<std::string>{"c NOOP"}));
    const auto passed = play({"imap noop drop"}, "a APPEND b {9}\r\n" + literal + "\r\nb CHECK\r\n");
    EXPECT_EQ(passed.to_peer, "+ Ready\r\na OK [APPENDUID 9 40] done\r\nb OK done\r\n");
}

TEST(ImapTap, NamesMayBeLiterals) {
    const std::vector<std::string> faults{R"(imap select mailbox=Arch* reply="NO x")"};
    for (const char* line :
         {"a SELECT Archive", "a select \"Arch\\\\ive\"", "a SELECT {7+}\r\nArchive (CONDSTORE)"})
        EXPECT_EQ(play(faults, std::string(line) + "\r\nb NOOP\r\n").to_peer, "a NO x\r\nb OK done\r\n")
            << line;
    EXPECT_EQ(play(faults, "a SELECT {7}\r\nArchive\r\nb NOOP\r\n").to_peer,
              "+ Ready\r\na NO x\r\nb OK done\r\n");
    EXPECT_TRUE(play(faults, "a SELECT {5}\r\nINBOX\r\n").to_peer.ends_with("a OK [READ-WRITE] done\r\n"));
    EXPECT_TRUE(play(faults, "a SELECT {0}\r\n\r\n").to_peer.ends_with("a OK [READ-WRITE] done\r\n"));
    const auto copy = play({R"(imap copy mailbox=Trash reply="NO [TRYCREATE] x")"},
                           "a COPY 1:* Trash\r\nb UID COPY 1 \"Trash\"\r\nc COPY 1 Other\r\n");
    EXPECT_EQ(copy.to_peer, "a NO [TRYCREATE] x\r\nb NO [TRYCREATE] x\r\nc OK done\r\n");
    // The selected one, where none is named.
    const auto selected = play({"imap noop mailbox=x drop"}, "a NOOP\r\nb SELECT x\r\nc NOOP\r\n");
    EXPECT_TRUE(selected.to_peer.ends_with("b OK [READ-WRITE] done\r\n"));
    EXPECT_TRUE(play({"imap noop mailbox=x drop"}, "b SELECT x\r\nd CLOSE\r\nc NOOP\r\n")
                    .to_peer.ends_with("c OK done\r\n"));
}

TEST(ImapTap, UsersLogInInManyWays) {
    const std::vector<std::string> faults{R"(imap login user=bob reply="NO x")",
                                          R"(imap authenticate user=bob reply="NO y")"};
    EXPECT_EQ(play(faults, "a LOGIN bob z\r\nb LOGIN al z\r\n").to_peer, "a NO x\r\nb OK done\r\n");
    EXPECT_EQ(play(faults, "a LOGIN {3+}\r\nbob {1+}\r\nz\r\nb NOOP\r\n").to_peer, "a NO x\r\nb OK done\r\n");
    EXPECT_EQ(play(faults, "a LOGIN {2}\r\nal {1}\r\nz\r\n").to_peer, "+ Ready\r\n+ Ready\r\na OK done\r\n");
    EXPECT_EQ(play(faults, "a AUTHENTICATE PLAIN AGJvYgB6\r\n").to_peer, "a NO y\r\n");
    EXPECT_EQ(play(faults, "a AUTHENTICATE PLAIN\r\nAGJvYgB6\r\nb NOOP\r\n").to_peer,
              "+ \r\na NO y\r\nb OK done\r\n");
    EXPECT_EQ(play(faults, "a AUTHENTICATE PLAIN\r\nAGFsAHo=\r\nb NOOP\r\n").to_peer,
              "+ \r\na OK done\r\nb OK done\r\n");
}

TEST(ImapTap, IdleLastsUntilDone) {
    EXPECT_EQ(play({R"(imap idle unsolicited="* 9 EXISTS")"}, "a IDLE\r\nDONE\r\n").to_peer,
              "+ \r\n* 9 EXISTS\r\na OK done\r\n");
    EXPECT_EQ(play({"imap idle bye-after=0"}, "a IDLE\r\n").to_peer, "+ \r\n* BYE Server is going down\r\n");
    const auto done = play({R"(imap done reply="NO x")"}, "a IDLE\r\nDONE\r\nb NOOP\r\n");
    EXPECT_EQ(done.to_peer, "+ \r\na NO x\r\nb OK done\r\n");
    EXPECT_EQ(done.commands, (std::vector<std::string>{"a IDLEDONE", "b NOOP"}));
    EXPECT_EQ(play({"imap done hang"}, "a IDLE\r\nDONE\r\n").then, Tap::Then::hang);

    // What comes while it idles is of its reply.
    Talk talk({"imap idle wrong-count=+1 cut-after=20"});
    talk.run("a IDLE\r\n", 3, [](const std::string&) { return "+ \r\n"; });
    talk.say("* 3 EXISTS\r\n");
    talk.say("* 4 EXISTS\r\n");
    EXPECT_EQ(talk.to_peer, "+ \r\n* 4 EXISTS\r\n* 5 EXIS");
}

TEST(ImapTap, MessagesBeginAndEnd) {
    const std::string append = "a APPEND b {9}\r\nx NOOP\r\ny\r\n";
    const std::string after = append + "c NOOP\r\n";
    struct Row {
        const char* fault;
        const char* says;
        bool stored;
    };
    const Row rows[] = {
        {R"(imap end reply="NO [OVERQUOTA] x")", "+ Ready\r\na NO [OVERQUOTA] x\r\nc OK done\r\n", false},
        {R"(imap end reply="OK fine")", "+ Ready\r\na OK fine\r\nc OK done\r\n", true},
        {R"(imap end larger=8 reply="NO x")", "+ Ready\r\na NO x\r\nc OK done\r\n", false},
        {R"(imap end larger=9 reply="NO x")", "+ Ready\r\na OK [APPENDUID 9 40] done\r\nc OK done\r\n", true},
        {R"(imap append larger=8 reply="NO x")", "a NO x\r\n", false},
        {"imap end drop", "+ Ready\r\n", false},
        {"imap stored drop", "+ Ready\r\n", true},
        {"imap stored wrong-result=\"OK done\"", "+ Ready\r\na OK done\r\nc OK done\r\n", true},
        {"imap append cut-after=4", "+ Ready\r\na OK", true},
        {"imap body cut-after=3", "+ Ready\r\n", false},
        {"imap body drop", "+ Ready\r\n", false},
    };
    for (const Row& row : rows) {
        const bool at_once = std::string_view(row.fault).starts_with("imap append larger");
        const auto got = play({row.fault}, at_once ? "a APPEND b {9}\r\n" : after);
        EXPECT_EQ(got.to_peer, row.says) << row.fault;
        const bool stored = std::find(got.commands.begin(), got.commands.end(), "a APPEND b {9}x NOOP\r\ny") !=
                            got.commands.end();
        EXPECT_EQ(stored, row.stored) << row.fault;
    }
}

TEST(ImapTap, WhatStandsBehindStartTlsGoesWithIt) {
    Talk talk({"imap noop drop"});
    std::vector<std::string> pieces;
    talk.run("a STARTTLS\r\nb NOOP\r\n", 100, [&pieces](const std::string& octets) {
        pieces.push_back(octets);
        return std::string();
    });
    EXPECT_EQ(pieces, (std::vector<std::string>{"a STARTTLS\r\nb NOOP\r\n"}));
}

TEST(ImapTap, LineFeedsAloneEndNoLine) {
    const auto got = play({"imap noop drop"}, "a CHECK\nb NOOP\r\nc CHECK\r\n");
    EXPECT_EQ(got.commands, (std::vector<std::string>{"a CHECK\nb NOOP", "c CHECK"}));
    EXPECT_TRUE(got.points.empty());
}

TEST(ImapTap, LogHidesPasswords) {
    const auto got = play({},
                          "a LOGIN bob secret\r\nb LOGIN \"bob\" {6}\r\nsecret\r\nc LOGIN {3}\r\nbob "
                          "{6}\r\nsecret\r\nd AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\ne AUTHENTICATE "
                          "PLAIN\r\nAGJvYgBzZWNyZXQ=\r\nf APPEND x {4}\r\na\r\nb (\r\n");
    EXPECT_EQ(
        got.log,
        "# connection 1\nS: * OK ready\nC: a LOGIN bob ***\nS: a OK done\nC: b LOGIN \"bob\" ***\nS: + Ready\n"
        "C: ***\nS: b OK done\nC: c LOGIN {3}\nS: + Ready\nC: bob ***\nS: + Ready\nC: ***\nS: c OK done\n"
        "C: d AUTHENTICATE PLAIN ***\nS: d OK done\nC: e AUTHENTICATE PLAIN\nS: + \nC: ***\nS: e OK done\n"
        "C: f APPEND x {4}\nS: + Ready\nC: a\nC: b (\nS: f OK [APPENDUID 9 40] done\n");
}

}  // namespace
}  // namespace mailpipe::app::serve
