#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/server/limits.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using Events = std::vector<std::string>;

TEST(ServerFraming, RefusesWhatIsNoCommand) {
    struct Row {
        std::string input;
        std::string output;
    };
    for (const Row& row : {
             Row{"", "* BAD Tag expected\r\n"},
             {" ", "* BAD Tag expected\r\n"},
             {"+ NOOP", "* BAD Tag expected\r\n"},
             {"a+ NOOP", "* BAD Tag expected\r\n"},
             {"* NOOP", "* BAD Tag expected\r\n"},
             {"\"a\" NOOP", "* BAD Tag expected\r\n"},
             {"\xC3\xBC NOOP", "* BAD Tag expected\r\n"},
             {"t", "t BAD Command is not known\r\n"},
             {"t ", "t BAD Command is not known\r\n"},
             {"t  NOOP", "t BAD Command is not known\r\n"},
             {"t X-NOOP", "t BAD Command is not known\r\n"},
             {"t UID", "t BAD Command is not known\r\n"},
             {"t UID ", "t BAD Command is not known\r\n"},
             {"t UID NOOP", "t BAD Command is not known\r\n"},
             {"t UID  FETCH", "t BAD Command is not known\r\n"},
             {"t NOOP ", "t BAD end of the command expected at octet 6\r\n"},
             {"t X {3}", "t BAD Command is not known\r\n"},
             {"t X {3+}\r\nabc {2+}\r\nde", "t BAD Command is not known\r\n"},
             {"t X {3+}\r\nabc {2}", "t BAD Command is not known\r\n"},
             {"{3+}\r\nabc", "* BAD Tag expected\r\n"},
             {"t NOOP {0+}\r\n", "t BAD end of the command expected at octet 6\r\n"},
             {"t NOOP\r", "t BAD CR, LF or NUL in a command\r\n"},
             {std::string("t NOOP\0", 7), "t BAD CR, LF or NUL in a command\r\n"},
             {"t NOOP\nu NOOP", "* BAD Bare LF: lines end in CRLF\r\nt BAD CR, LF or NUL in a command\r\n"},
             {"\n", "* BAD Bare LF: lines end in CRLF\r\n* BAD CR, LF or NUL in a command\r\n"},
             {"t STATUS \"a\rb\" {2+}\r\nxy", "t BAD CR, LF or NUL in a command\r\n"},
         }) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{2}}) {
            Driver server;
            server.login();
            server.output.clear();
            server.feed(row.input + "\r\n", piece);
            EXPECT_EQ(server.output, row.output) << row.input;
            EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Completed\r\n") << row.input;
            EXPECT_EQ(server.events, Events{"command 22"});
        }
    }
}

TEST(ServerFraming, LiteralsBeforeLogin) {
    Driver server;
    const std::string most = std::to_string(kLiteralOctetsBeforeLogin);
    const std::string more = std::to_string(kLiteralOctetsBeforeLogin + 1);
    EXPECT_EQ(server.talk("a LOGIN {" + more + "}\r\n"), "a BAD [TOOBIG] Literal is too large\r\n");
    EXPECT_EQ(
        server.talk("a LOGIN {" + more + "+}\r\n" + std::string(kLiteralOctetsBeforeLogin + 1, 'x') + " y\r\n"),
        "a BAD [TOOBIG] Literal is too large\r\n");
    EXPECT_EQ(server.talk("a LOGIN {" + most + "}\r\n"), "+ Ready for the literal\r\n");
    EXPECT_EQ(server.talk(std::string(kLiteralOctetsBeforeLogin, 'x') + " {1}\r\n"),
              "a BAD [TOOBIG] Literal is too large\r\n");
    EXPECT_EQ(server.talk("a LOGIN {999999+}\r\n"),
              "a BAD [TOOBIG] Literal is too large\r\n* BYE [TOOBIG] Too much of a refused command\r\n");
    EXPECT_TRUE(server.over);
}

TEST(ServerFraming, LiteralsAfterLogin) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a STATUS {" + std::to_string(kLiteralOctets + 1) + "}\r\n"),
              "a BAD [TOOBIG] Literal is too large\r\n");
    EXPECT_EQ(server.talk("a STATUS {99999999999999999999999}\r\n"), "a BAD [TOOBIG] Literal is too large\r\n");
    std::string many = "a STATUS";
    for (std::size_t i = 0; i <= kLiterals; ++i)
        many += " {1+}\r\nx";
    EXPECT_EQ(server.talk(many + "\r\n"), "a BAD [TOOBIG] Too many literals\r\n");
    EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Completed\r\n");
}

TEST(ServerFraming, LiteralMinus) {
    Options options = loopback_options();
    options.without = {"LITERAL+"};
    Driver server(options);
    server.login();
    const std::string small(kLiteralMinus, 'x');
    EXPECT_EQ(server.talk("a DELETE {" + std::to_string(small.size()) + "+}\r\n" + small + "\r\n"),
              "a OK Completed\r\n");
    EXPECT_EQ(server.talk("a DELETE {" + std::to_string(small.size() + 1) + "+}\r\n" + small + "x\r\n"),
              "a BAD [TOOBIG] Literal must wait for a continuation request\r\n");
    EXPECT_EQ(server.talk("a APPEND a {" + std::to_string(small.size() + 1) + "+}\r\n" + small + "x\r\n"),
              "a BAD [TOOBIG] Literal must wait for a continuation request\r\n");
    options.without = {"LITERAL+", "LITERAL-"};
    Driver none(options);
    EXPECT_EQ(none.talk("a LOGIN alice {6+}\r\nsecret\r\n"),
              "a BAD [TOOBIG] Literal must wait for a continuation request\r\n");
}

TEST(ServerFraming, LongLines) {
    Driver server;
    const std::string over(limits::kCommandLineBeforeLogin + 1, 'x');
    for (const std::size_t piece : {std::string_view::npos, std::size_t{1000}}) {
        server.output.clear();
        server.feed("a LOGIN " + over + "\r\n", piece);
        EXPECT_EQ(server.output, "a BAD [TOOBIG] Line is too long\r\n");
    }
    // Several lines of one command count together.
    const std::string half(limits::kCommandLineBeforeLogin / 2, 'x');
    EXPECT_EQ(server.talk("a LOGIN {1+}\r\nx " + half + " {1+}\r\nx" + half + "\r\n"),
              "a BAD [TOOBIG] Command is too long\r\n");
    EXPECT_EQ(server.talk("a NOOP\r\n"), "a OK Nothing is done\r\n");
    EXPECT_EQ(server.talk("a LOGIN " + over + "{5+}\r\n"),
              "a BAD [TOOBIG] Line is too long\r\n* BYE Line is too long\r\n");
    EXPECT_TRUE(server.over);
    Driver logged_in;
    logged_in.login();
    EXPECT_EQ(logged_in.talk("a DELETE " + over + "\r\n"), "a OK Completed\r\n");
    EXPECT_EQ(logged_in.talk("a DELETE " + std::string(limits::kCommandLine, 'x') + "\r\n"),
              "a BAD [TOOBIG] Line is too long\r\n");
}

TEST(ServerFraming, EndsAfterTooManyBadCommands) {
    Driver server;
    server.login();
    for (std::size_t i = 1; i < limits::kHardErrors; ++i)
        server.talk("a X\r\n");
    server.talk("a NOOP\r\n");  // a good one forgives them
    for (std::size_t i = 1; i < limits::kHardErrors; ++i)
        server.talk("a X\r\n");
    EXPECT_FALSE(server.over);
    EXPECT_EQ(server.talk("a X\r\n"), "a BAD Command is not known\r\n* BYE Too many bad commands\r\n");
    EXPECT_TRUE(server.over);
}

TEST(ServerFraming, OneCommandAfterTheOther) {
    Driver server;
    server.login();
    server.on_command = [](const Command&) {};
    EXPECT_EQ(server.talk("a NOOP\r\nb DELETE x\r\n"), "");
    EXPECT_EQ(server.events, Events{"command 22"});
    EXPECT_FALSE(server.session.wants_input());
    EXPECT_FALSE(server.session.on_silence());
    server.session.complete(Completion::no, "", "");
    server.drain();
    EXPECT_EQ(server.output, "a NO Done\r\n");
    EXPECT_EQ(server.events, (Events{"command 22", "command 2"}));
    EXPECT_EQ(server.session.tag(), "b");
    server.session.complete(Completion::ok, "X", "a\r\n* 5 EXISTS");
    server.drain();
    EXPECT_EQ(server.output.find("\r\n* "), std::string::npos);
    EXPECT_TRUE(server.session.wants_input());
    EXPECT_TRUE(server.session.on_silence());
    server.drain();
    EXPECT_EQ(server.events.back(), "quit");
}

TEST(ServerFraming, HoldsLittleAheadOfAnAnswer) {
    Driver server;
    server.login();
    server.on_command = [](const Command&) {};
    server.talk("a NOOP\r\n");
    for (std::size_t sent = 0; sent <= kInputHeld; sent += 65536)
        server.feed(std::string(65536, 'x'));
    EXPECT_TRUE(server.over);
    EXPECT_NE(server.events.back().find("kInputHeld"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::imap::server::test
