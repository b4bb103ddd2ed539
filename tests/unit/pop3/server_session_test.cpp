#include "mailpipe/pop3/server_session.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/wire/dot_stuffing.hpp"
#include "tests/support/transcript.hpp"
#include "tests/unit/pop3/support.hpp"

namespace mailpipe::pop3::test {
namespace {

using mailpipe::test::read_transcript;
using Events = std::vector<std::string>;

ServerOptions loopback_options() {
    ServerOptions options;
    options.host_name = "pop.example.org";
    options.login_without_tls = true;
    return options;
}

const std::vector<std::string> kMessages = {"Subject: one\r\n\r\nfirst\r\n...\r\n.\r\n",
                                            "Subject: two\r\n\r\nsecond\r\n"};

ServerDriver logged_in(std::vector<std::string> messages = kMessages) {
    ServerDriver server(loopback_options(), std::move(messages));
    server.feed("USER alice\r\nPASS secret\r\n");
    EXPECT_EQ(server.events, Events{"Login alice"});
    server.output.clear();
    server.events.clear();
    return server;
}

TEST(ServerTranscripts, PlayWithTheInputSplitAtEveryOctet) {
    const auto lines = read_transcript(MAILPIPE_SOURCE_DIR "/tests/transcripts/pop3/server.txt");
    for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
        ServerOptions options = loopback_options();
        options.apop_timestamp = "<1.2@pop.example.org>";
        ServerDriver server(options, kMessages);
        server.drain();
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (lines[i].from_client) {
                server.feed(lines[i].octets, piece);
                continue;
            }
            EXPECT_EQ(server.output.substr(0, lines[i].octets.size()), lines[i].octets) << "line " << i;
            server.output.erase(0, lines[i].octets.size());
        }
        EXPECT_EQ(server.output, "");
        EXPECT_EQ(server.events, (Events{"Login alice", "Retr 0", "Top 1", "Commit 1", "PeerQuit"}));
        EXPECT_EQ(server.deleted, std::vector<std::size_t>{0});
    }
}

struct CommandRow {
    std::string input;
    std::string output;
};

TEST(ServerTransaction, Answers) {
    const CommandRow rows[] = {
        {"STAT", "+OK 2 55\r\n"},
        {"stat", "+OK 2 55\r\n"},
        {"NOOP", "+OK\r\n"},
        {"LIST 2", "+OK 2 24\r\n"},
        {"LIST  2 ", "+OK 2 24\r\n"},
        {"LIST 3", "-ERR No such message\r\n"},
        {"LIST 0", "-ERR No such message\r\n"},
        {"LIST x", "-ERR A message number is needed\r\n"},
        {"LIST 18446744073709551617", "-ERR A message number is needed\r\n"},
        {"UIDL 1", "+OK 1 uid-1\r\n"},
        {"UIDL 9", "-ERR No such message\r\n"},
        {"RETR 3", "-ERR No such message\r\n"},
        {"RETR", "-ERR A message number is needed\r\n"},
        {"RETR 2", "+OK 24 octets\r\nSubject: two\r\n\r\nsecond\r\n.\r\n"},
        {"TOP 1 0", "+OK Top of message follows\r\nSubject: one\r\n\r\n.\r\n"},
        {"TOP 1 1", "+OK Top of message follows\r\nSubject: one\r\n\r\nfirst\r\n.\r\n"},
        {"TOP 1 2", "+OK Top of message follows\r\nSubject: one\r\n\r\nfirst\r\n....\r\n.\r\n"},
        {"TOP 1 99999999999", "+OK Top of message follows\r\nSubject: one\r\n\r\nfirst\r\n....\r\n..\r\n.\r\n"},
        {"TOP 1", "-ERR TOP needs a message number and a number of lines\r\n"},
        {"TOP 1 x", "-ERR TOP needs a message number and a number of lines\r\n"},
        {"TOP 3 0", "-ERR No such message\r\n"},
        {"DELE 1\r\nDELE 1", "+OK Message deleted\r\n-ERR Message is deleted\r\n"},
        {"DELE 1\r\nSTAT\r\nLIST",
         "+OK Message deleted\r\n+OK 1 24\r\n+OK 1 messages (24 octets)\r\n2 24\r\n.\r\n"},
        {"DELE 1\r\nUIDL\r\nRETR 1\r\nLIST 1\r\nTOP 1 0",
         "+OK Message deleted\r\n+OK 1 messages (24 octets)\r\n2 uid-2\r\n.\r\n-ERR Message is deleted\r\n"
         "-ERR Message is deleted\r\n-ERR Message is deleted\r\n"},
        {"DELE 2\r\nRSET\r\nSTAT", "+OK Message deleted\r\n+OK\r\n+OK 2 55\r\n"},
        {"LAST\r\nDELE 1\r\nLAST\r\nTOP 2 0\r\nLAST\r\nRSET\r\nLAST",
         "+OK 0\r\n+OK Message deleted\r\n+OK 1\r\n+OK Top of message follows\r\nSubject: two\r\n\r\n.\r\n+OK "
         "2\r\n+OK\r\n"
         "+OK 0\r\n"},
        {"USER alice", "-ERR Unknown command, or too many arguments\r\n"},
        {"QUIT now", "-ERR Unknown command, or too many arguments\r\n"},
        {"XYZZY", "-ERR Unknown command, or not after login\r\n"},
        {"", "-ERR Unknown command, or not after login\r\n"},
        {"STLS", "-ERR Unknown command, or not after login\r\n"},
    };
    for (const CommandRow& row : rows) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
            ServerDriver server = logged_in();
            server.feed(row.input + "\r\n", piece);
            EXPECT_EQ(server.output, row.output) << row.input;
        }
    }
}

TEST(ServerTransaction, TopSeesEnoughBeforeTheEnd) {
    ServerDriver server = logged_in();
    server.answer = false;
    server.feed("TOP 1 0\r\n");
    server.session.message_data("a: b\r\n\r");
    EXPECT_TRUE(server.session.message_wanted());
    server.session.message_data("\nbody\r\n");
    EXPECT_FALSE(server.session.message_wanted());
    server.session.message_data("more\r\n");
    server.session.message_end();
    server.drain();
    EXPECT_EQ(server.output, "+OK Top of message follows\r\na: b\r\n\r\n.\r\n");
}

TEST(ServerTransaction, MessagesOfEveryShapeInPiecesOfEverySize) {
    const std::string messages[] = {
        "", "\r\n", ".\r\n", "no end", "a\r\n.", "\r\n..\r\n.x\r\n", "a\n.\nb\r.\r\n.\r\n\r"};
    for (const std::string& message : messages) {
        for (std::size_t piece = 1; piece < 8; ++piece) {
            ServerDriver server = logged_in({message});
            server.message_piece = piece;
            server.feed("RETR 1\r\n");
            std::string expected = "+OK " + std::to_string(message.size()) + " octets\r\n";
            wire::DotEncoder encoder;
            encoder.append(message, expected);
            encoder.finish(expected);
            EXPECT_EQ(server.output, expected);
        }
    }
}

TEST(ServerTransaction, AStoreThatFails) {
    ServerDriver before = logged_in();
    before.message_failure = "disk\r\n+OK";
    before.feed("RETR 1\r\nNOOP\r\n");
    EXPECT_EQ(before.output, "-ERR [SYS/TEMP] disk\xEF\xBF\xBD\xEF\xBF\xBD+OK\r\n+OK\r\n");

    ServerDriver within = logged_in();
    within.message_failure = "disk";
    within.fail_after = 5;
    within.feed("RETR 1\r\nNOOP\r\n");
    EXPECT_EQ(within.events, (Events{"Retr 0", "Failed io"}));
    EXPECT_EQ(within.output, "+OK 31 octets\r\nSubje") << "no final dot";
}

TEST(ServerTransaction, ASlowStoreKeepsLaterCommandsWaiting) {
    ServerDriver server = logged_in();
    server.answer = false;
    server.feed("NOOP\r\nRETR 1\r\nNOOP\r\nQUIT\r\n");
    EXPECT_EQ(server.events, Events{"Retr 0"});
    EXPECT_EQ(server.output, "+OK\r\n");
    server.drain();
    server.session.message_data("x\r\n");
    server.drain();
    server.session.message_end();
    server.drain();
    EXPECT_EQ(server.output, "+OK\r\n+OK 31 octets\r\nx\r\n.\r\n+OK\r\n");
    EXPECT_EQ(server.events, (Events{"Retr 0", "Commit 0"}));
    server.session.commit_done(true);
    server.drain();
    EXPECT_EQ(server.events.back(), "PeerQuit");
}

TEST(ServerQuit, CommitsDeletionsAndNothingElseDoes) {
    ServerDriver quit = logged_in();
    quit.feed("DELE 2\r\nQUIT\r\n");
    EXPECT_EQ(quit.deleted, std::vector<std::size_t>{1});
    EXPECT_EQ(quit.output, "+OK Message deleted\r\n+OK Bye\r\n");
    EXPECT_EQ(quit.events.back(), "PeerQuit");

    ServerDriver partly = logged_in();
    partly.commit_fails = true;
    partly.feed("DELE 2\r\nQUIT\r\n");
    EXPECT_EQ(partly.output,
              "+OK Message deleted\r\n-ERR [SYS/TEMP] Some deleted messages were not removed\r\n");

    ServerDriver cut = logged_in();
    cut.feed("DELE 2\r\nQUI");
    cut.eof();
    EXPECT_FALSE(cut.committed);
    EXPECT_EQ(cut.events, Events{"Failed protocol"});

    ServerDriver half_closed = logged_in();
    half_closed.session.feed("DELE 2\r\nQUIT\r\n");
    half_closed.eof();
    EXPECT_TRUE(half_closed.committed);
    EXPECT_EQ(half_closed.events.back(), "PeerQuit");

    ServerDriver before_login(loopback_options());
    before_login.feed("QUIT\r\n");
    EXPECT_EQ(before_login.events, Events{"PeerQuit"});
}

TEST(ServerShutDown, EndsAtTheNextCommandBoundary) {
    ServerDriver idle = logged_in();
    idle.feed("DELE 1\r\n");
    idle.session.shut_down();
    idle.drain();
    EXPECT_EQ(idle.output, "+OK Message deleted\r\n-ERR [SYS/TEMP] Server shutting down\r\n");
    EXPECT_EQ(idle.events, Events{"PeerQuit"});
    EXPECT_FALSE(idle.committed);

    ServerDriver busy = logged_in();
    busy.answer = false;
    busy.feed("RETR 1\r\nRETR 2\r\n");
    busy.session.shut_down();
    busy.drain();
    EXPECT_EQ(busy.events, Events{"Retr 0"});
    busy.session.message_data("x\r\n");
    busy.session.message_end();
    busy.drain();
    EXPECT_EQ(busy.output, "+OK 31 octets\r\nx\r\n.\r\n-ERR [SYS/TEMP] Server shutting down\r\n");
    EXPECT_EQ(busy.events.back(), "PeerQuit");

    ServerDriver committing = logged_in();
    committing.answer = false;
    committing.feed("DELE 1\r\nQUIT\r\n");
    committing.session.shut_down();
    committing.drain();
    committing.session.commit_done(true);
    committing.drain();
    EXPECT_EQ(committing.output, "+OK Message deleted\r\n+OK Bye\r\n");
}

TEST(ServerLogin, Answers) {
    const std::string timestamp = "<1.2@pop.example.org>";
    const std::string digest = sasl::apop_digest(timestamp, Secret("secret"));
    const std::string in = "+OK 2 messages (55 octets)\r\n";
    const CommandRow rows[] = {
        {"USER alice\r\nPASS secret", "+OK\r\n" + in},
        {"user alice\r\npass secret", "+OK\r\n" + in},
        {"USER alice\r\nPASS wrong", "+OK\r\n-ERR [AUTH] Authentication failed\r\n"},
        {"USER alice\r\nPASS  secret", "+OK\r\n-ERR [AUTH] Authentication failed\r\n"},
        {"USER alice\r\nPASS wrong\r\nPASS secret",
         "+OK\r\n-ERR [AUTH] Authentication failed\r\n-ERR USER first\r\n"},
        {"PASS secret", "-ERR USER first\r\n"},
        {"USER", "-ERR USER needs a name\r\n"},
        {"USER \xff", "-ERR USER needs a name\r\n"},
        {"USER alice\r\nPASS", "+OK\r\n-ERR PASS needs a password\r\n"},
        {"APOP alice " + digest, in},
        {"APOP bob " + digest, "-ERR [AUTH] Authentication failed\r\n"},
        {"APOP alice " + std::string(32, '0'), "-ERR [AUTH] Authentication failed\r\n"},
        {"APOP alice xyz", "-ERR APOP needs a name and a digest\r\n"},
        {"APOP " + digest, "-ERR APOP needs a name and a digest\r\n"},
        {"AUTH PLAIN AGFsaWNlAHNlY3JldA==", in},
        {"AUTH plain\r\nAGFsaWNlAHNlY3JldA==", "+ \r\n" + in},
        {"AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0", "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n" + in},
        {"AUTH PLAIN\r\n*", "+ \r\n-ERR Authentication cancelled\r\n"},
        {"AUTH PLAIN =", "-ERR The response is malformed\r\n"},
        {"AUTH PLAIN !", "-ERR The initial response is not base64\r\n"},
        {"AUTH PLAIN\r\n!", "+ \r\n-ERR The response is not base64\r\n"},
        {"AUTH PLAIN Ym9iAGFsaWNlAHNlY3JldA==", "-ERR [AUTH] Authentication failed\r\n"},
        {"AUTH XOAUTH2", "-ERR Unknown SASL mechanism\r\n"},
        {"AUTH", "-ERR Unknown SASL mechanism\r\n"},
        {"STAT", "-ERR Unknown command, or not before login\r\n"},
        {"STLS", "-ERR STLS is not available\r\n"},
    };
    for (const CommandRow& row : rows) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
            ServerOptions options = loopback_options();
            options.apop_timestamp = timestamp;
            ServerDriver server(options, kMessages);
            server.drain();
            EXPECT_EQ(server.take_output(), "+OK pop.example.org POP3 ready " + timestamp + "\r\n");
            server.feed(row.input + "\r\n", piece);
            EXPECT_EQ(server.output, row.output) << row.input;
        }
    }
}

TEST(ServerLogin, RefusalsHaveResponseCodes) {
    const std::pair<LoginFailure, std::string> rows[] = {
        {LoginFailure::credentials, "-ERR [AUTH] "},
        {LoginFailure::in_use, "-ERR [IN-USE] "},
        {LoginFailure::temporary, "-ERR [SYS/TEMP] "},
    };
    for (const auto& [why, start] : rows) {
        ServerDriver server(loopback_options());
        server.refusal = why;
        server.feed("USER alice\r\n");
        server.output.clear();
        server.feed("PASS secret\r\n");
        EXPECT_EQ(server.output.substr(0, start.size()), start);
        EXPECT_FALSE(server.over);
    }
}

TEST(ServerTls, OffersLoginOnlyInsideWhenThePeerIsNotLoopback) {
    ServerOptions options = loopback_options();
    options.login_without_tls = false;
    options.tls_available = true;
    options.apop_timestamp = "<1.2@x>";
    ServerDriver server(options, kMessages);
    server.drain();
    EXPECT_EQ(server.take_output(), "+OK pop.example.org POP3 ready\r\n");
    server.feed("CAPA\r\n");
    EXPECT_EQ(server.output.find("\r\nUSER\r\n"), std::string::npos);
    EXPECT_EQ(server.output.find("SASL"), std::string::npos);
    EXPECT_NE(server.take_output().find("STLS\r\n"), std::string::npos);
    for (const char* command :
         {"USER alice", "PASS secret", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "APOP alice x"}) {
        server.feed(std::string(command) + "\r\n");
        EXPECT_EQ(server.take_output(), "-ERR Use STLS first\r\n");
    }
    server.feed("STLS\r\n");
    EXPECT_EQ(server.take_output(), "+OK Begin TLS negotiation\r\n");
    EXPECT_EQ(server.events, Events{"StartTls"});
    server.session.tls_started();
    server.feed("CAPA\r\n");
    EXPECT_NE(server.output.find("USER\r\n"), std::string::npos);
    EXPECT_EQ(server.take_output().find("STLS"), std::string::npos);
    server.feed("STLS\r\nUSER alice\r\nPASS secret\r\n");
    EXPECT_EQ(server.output, "-ERR TLS is active already\r\n+OK\r\n+OK 2 messages (55 octets)\r\n");
}

TEST(ServerTrace, ShowsNoSecret) {
    Collector trace;
    ServerOptions options = loopback_options();
    options.trace = &trace;
    options.apop_timestamp = "<1.2@x>";
    ServerDriver server(options, kMessages);
    server.feed("USER alice\r\npass wrong-secret\r\nAUTH PLAIN\r\n!secret\r\nAUTH PLAIN c2VjcmV0\r\n");
    server.feed("APOP alice " + sasl::apop_digest("<1.2@x>", Secret("secret")) + "\r\nRETR 1\r\n");
    for (const std::string& line : trace.lines) {
        EXPECT_EQ(line.find("secret"), std::string::npos) << line;
        EXPECT_EQ(line.find("c2Vj"), std::string::npos) << line;
    }
    EXPECT_NE(std::find(trace.lines.begin(), trace.lines.end(), "C: APOP alice ***"), trace.lines.end());
    EXPECT_NE(std::find(trace.lines.begin(), trace.lines.end(), "C: pass ***"), trace.lines.end());
    EXPECT_NE(std::find(trace.lines.begin(), trace.lines.end(), "S: [31 octets]"), trace.lines.end());
}

}  // namespace
}  // namespace mailpipe::pop3::test
