#include "mailpipe/pop3/client_session.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/support/transcript.hpp"
#include "tests/unit/pop3/support.hpp"

namespace mailpipe::pop3::test {
namespace {

using mailpipe::test::read_transcript;
using mailpipe::test::TranscriptLine;
using Events = std::vector<std::string>;

ClientOptions plain_options() {
    ClientOptions options;
    options.tls = TlsUse::none;
    options.user = "alice";
    options.password = Secret("secret");
    options.allow_plaintext_auth = true;
    return options;
}

void queue_command(ClientSession& session, std::string_view line) {
    const auto words = ascii::split_words(line);
    const auto number = [&](std::size_t i) {
        return i < words.size() ? static_cast<std::uint32_t>(ascii::parse_number(words[i]).value_or(0)) : 0;
    };
    if (words[0] == "STAT") session.stat();
    if (words[0] == "LIST") session.list();
    if (words[0] == "UIDL") session.uidl();
    if (words[0] == "RETR") session.retr(number(1));
    if (words[0] == "TOP") session.top(number(1), number(2));
    if (words[0] == "DELE") session.dele(number(1));
    if (words[0] == "QUIT") session.quit();
}

// Plays the server's lines in pieces; the client's lines must be exactly those of the transcript.
Events play(const std::string& name, ClientOptions options, std::size_t piece) {
    const auto lines = read_transcript(MAILPIPE_SOURCE_DIR "/tests/transcripts/pop3/" + name);
    ClientDriver client(std::move(options));
    bool ready = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        ready = ready || std::find(client.events.begin(), client.events.end(), "Ready") != client.events.end();
        if (lines[i].tls_starts) {
            EXPECT_EQ(client.events.back(), "StartTls");
            client.session.tls_started();
            client.drain();
        } else if (!lines[i].from_client) {
            client.feed(lines[i].octets, piece);
        } else {
            const bool first = i == 0 || !lines[i - 1].from_client;
            for (std::size_t j = i; ready && first && j < lines.size() && lines[j].from_client; ++j) {
                queue_command(client.session, lines[j].octets);
            }
            client.drain();
            EXPECT_EQ(client.output.substr(0, lines[i].octets.size()), lines[i].octets)
                << name << " line " << i;
            client.output.erase(0, lines[i].octets.size());
        }
    }
    EXPECT_EQ(client.output, "") << name;
    for (const std::string& body : client.bodies)
        client.events.push_back(body);
    return client.events;
}

ClientOptions german_options() {
    ClientOptions options = plain_options();
    options.language = "de-AT";
    return options;
}

struct TranscriptRow {
    std::string name;
    ClientOptions options;
    Events events;
};

TEST(ClientTranscripts, PlayWithTheInputSplitAtEveryOctet) {
    ClientOptions apop = plain_options();
    apop.user = "mrose";
    apop.password = Secret("tanstaaf");
    apop.allow_plaintext_auth = false;
    ClientOptions starttls = plain_options();
    starttls.tls = TlsUse::starttls;
    starttls.allow_plaintext_auth = false;
    const TranscriptRow rows[] = {
        {"rfc1939.txt",
         apop,
         {"Ready", "Stat 2 320", "List 1:120 2:200", "Begin 1", "End 1", "Deleted 1", "Begin 2", "End 2",
          "Deleted 2", "Closed", "From: mrose\r\n\r\n.dot\r\n", "From: mrose\r\n\r\nsecond\r\n"}},
        {"dovecot.txt",
         starttls,
         {"StartTls", "Ready", "Uidl 1:000000015f7a1b2c 2:000000025f7a1b2c", "List 1:27 2:24", "Begin 1",
          "End 1", "Begin 2", "End 2", "Refused retr 3 permanent", "Deleted 1", "Closed",
          "Subject: one\r\n\r\nfirst\r\n..\r\n", "Subject: two\r\n\r\nsecond\r\n"}},
        {"utf8.txt", plain_options(), {"Ready", "Stat 1 6", "Begin 1", "End 1", "Closed", "\xc3\xa4: b\r\n"}},
        {"lang.txt", german_options(), {"Ready", "Stat 0 0", "Closed"}},
        {"lang_refused.txt", german_options(), {"Failed auth"}},
        {"no_capa.txt",
         plain_options(),
         {"Ready", "Stat 1 5", "Refused uidl 0 permanent", "Begin 1", "End 1", "Closed", "a: b\r\n\r\n"}},
        {"server.txt",
         plain_options(),
         {"Ready", "Stat 2 55", "List 1:31 2:24", "Uidl 1:uid-1 2:uid-2", "Begin 1", "End 1", "Begin 2",
          "End 2", "Deleted 1", "Refused dele 1 permanent", "Stat 1 24", "Closed",
          "Subject: one\r\n\r\nfirst\r\n...\r\n.\r\n", "Subject: two\r\n\r\n"}},
    };
    for (const TranscriptRow& row : rows) {
        for (std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            EXPECT_EQ(play(row.name, row.options, piece), row.events) << row.name << " in pieces of " << piece;
        }
    }
}

// A client that has logged in without pipelining, or with it.
ClientDriver logged_in(bool pipelining, ClientOptions options = plain_options()) {
    ClientDriver client(std::move(options));
    client.feed("+OK ready\r\n");
    client.feed(std::string("+OK\r\nUSER\r\nUIDL\r\n") + (pipelining ? "PIPELINING\r\n" : "") + ".\r\n");
    client.feed("+OK\r\n");
    client.feed("+OK\r\n");
    EXPECT_EQ(client.events, Events{"Ready"});
    EXPECT_EQ(client.take_output(), "CAPA\r\nUSER alice\r\nPASS secret\r\n");
    return client;
}

struct LoginRow {
    std::string name;
    std::string server;  // what is fed, one reply at a time, cut at "|"
    Errc kind;
};

TEST(ClientLogin, FailsWithTheKindThatTheReplyMeans) {
    const LoginRow rows[] = {
        {"greeting refused", "-ERR go away\r\n", Errc::unavailable},
        {"greeting refused for now", "-ERR [SYS/TEMP] later\r\n", Errc::temporary},
        {"no greeting", "220 smtp.example.org ESMTP\r\n", Errc::protocol},
        {"greeting without status", "\r\n", Errc::protocol},
        {"glued status", "+OKAY\r\n", Errc::protocol},
        {"user refused", "+OK\r\n|-ERR\r\n|-ERR no such user\r\n", Errc::auth},
        {"password wrong", "+OK\r\n|-ERR\r\n|+OK\r\n|-ERR [AUTH] wrong\r\n", Errc::auth},
        {"in use", "+OK\r\n|-ERR\r\n|+OK\r\n|-ERR [IN-USE] busy\r\n", Errc::temporary},
        {"login delay", "+OK\r\n|-ERR\r\n|+OK\r\n|-ERR [LOGIN-DELAY] wait\r\n", Errc::temporary},
        {"system", "+OK\r\n|-ERR\r\n|+OK\r\n|-ERR [SYS/TEMP] disk\r\n", Errc::temporary},
        {"system, for good", "+OK\r\n|-ERR\r\n|+OK\r\n|-ERR [sys/perm] gone\r\n", Errc::permanent},
        {"SASL refused", "+OK\r\n|+OK\r\nSASL PLAIN\r\n.\r\n|+ \r\n|-ERR [AUTH] no\r\n", Errc::auth},
        {"SASL success too early", "+OK\r\n|+OK\r\nSASL PLAIN\r\n.\r\n|+OK\r\n", Errc::protocol},
        {"SASL bad base64", "+OK\r\n|+OK\r\nSASL PLAIN\r\n.\r\n|+ !!!!\r\n", Errc::protocol},
        {"SASL second challenge", "+OK\r\n|+OK\r\nSASL PLAIN\r\n.\r\n|+ \r\n|+ \r\n", Errc::protocol},
    };
    for (const LoginRow& row : rows) {
        ClientDriver client(plain_options());
        for (std::string_view piece : ascii::split(row.server, '|'))
            client.feed(piece);
        ASSERT_TRUE(client.error) << row.name;
        EXPECT_EQ(kind_name(client.error->kind), kind_name(row.kind))
            << row.name << ": " << client.error->message;
        EXPECT_EQ(client.error->message.find('\n'), std::string::npos);
        EXPECT_FALSE(client.session.next().valueless_by_exception());
        EXPECT_TRUE(std::holds_alternative<wire::Failed>(client.session.next())) << "Failed stays";
    }
}

// Cyrus: the mechanism without PLUS is tried.
TEST(ClientLogin, OtherChannelBindingOfTheServer) {
    ClientOptions options = plain_options();
    options.channel_binding = std::string(32, 'b');
    ClientDriver client(options);
    client.feed("+OK x\r\n");
    client.feed("+OK\r\nUSER\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n.\r\n");
    EXPECT_EQ(client.take_output(), "CAPA\r\nAUTH SCRAM-SHA-256-PLUS\r\n");
    client.feed("-ERR [AUTH] bad protocol / cancel\r\n");
    EXPECT_EQ(client.take_output(), "AUTH SCRAM-SHA-256\r\n");
    client.feed("-ERR [AUTH] bad protocol / cancel\r\n");
    EXPECT_EQ(client.take_output(), "");
}

TEST(ClientLogin, WithoutPlaintextTakesCramMd5ThenApopThenFails) {
    ClientOptions options = plain_options();
    options.allow_plaintext_auth = false;
    ClientDriver cram(options);
    cram.feed("+OK <1.2@x>\r\n");
    cram.feed("+OK\r\nUSER\r\nSASL PLAIN CRAM-MD5\r\n.\r\n");
    EXPECT_EQ(cram.take_output(), "CAPA\r\nAUTH CRAM-MD5\r\n");

    ClientDriver apop(options);
    apop.feed("+OK hello <1.2@x> there\r\n");
    apop.feed("+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n");
    EXPECT_EQ(apop.take_output().substr(0, 17), "CAPA\r\nAPOP alice ");

    ClientDriver none(options);
    none.feed("+OK\r\n");
    none.feed("+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n");
    EXPECT_EQ(none.take_output(), "CAPA\r\n");
    EXPECT_EQ(none.events, Events{"Failed auth"});
}

TEST(ClientLogin, TraceShowsNoSecret) {
    for (const char* capabilities : {"USER\r\n", "SASL PLAIN\r\n", "SASL LOGIN\r\n", ""}) {
        Collector trace;
        ClientOptions options = plain_options();
        options.trace = &trace;
        options.allow_plaintext_auth = *capabilities != '\0';
        ClientDriver client(options);
        client.feed("+OK <1.2@x>\r\n");
        client.feed(std::string("+OK\r\n") + capabilities + ".\r\n");
        const bool is_sasl = *capabilities == 'S';
        client.feed(is_sasl ? "+ \r\n" : "+OK\r\n");
        EXPECT_FALSE(client.error) << client.error->message;
        const std::string sent = client.output;
        for (const std::string& line : trace.lines) {
            EXPECT_EQ(line.find("secret"), std::string::npos);
            EXPECT_EQ(line.find("AGFsaWNl"), std::string::npos);
        }
        EXPECT_GE(trace.lines.size(), 5U);
        EXPECT_NE(sent.find(is_sasl         ? "AUTH"
                            : *capabilities ? "PASS secret"
                                            : "APOP alice "),
                  std::string::npos);
        const bool starred = std::any_of(trace.lines.begin(), trace.lines.end(), [](const std::string& line) {
            return line.find("***") != std::string::npos;
        });
        EXPECT_TRUE(starred);
    }
}

TEST(ClientCommands, KeepAWindowFullWithFewWrites) {
    ClientOptions options = plain_options();
    options.window = 8;
    ClientDriver client = logged_in(true, options);
    for (std::uint32_t i = 1; i <= 20; ++i)
        client.session.retr(i);
    EXPECT_EQ(client.session.outstanding(), 20U);
    client.drain();
    const auto count = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    EXPECT_EQ(count(client.take_output()), 8);
    client.outputs = 0;
    for (int i = 0; i < 20; ++i) {
        client.feed("+OK\r\nx\r\n.\r\n");
        EXPECT_EQ(client.session.outstanding(), static_cast<std::size_t>(19 - i));
    }
    EXPECT_EQ(count(client.take_output()), 12);
    EXPECT_LE(client.outputs, 4U);
    EXPECT_EQ(client.bodies, std::vector<std::string>(20, "x\r\n"));
}

TEST(ClientCommands, GoOneAtATimeWithoutPipelining) {
    ClientDriver client = logged_in(false);
    client.session.dele(1);
    client.session.dele(2);
    client.session.quit();
    client.drain();
    EXPECT_EQ(client.take_output(), "DELE 1\r\n");
    client.feed("+OK\r\n");
    EXPECT_EQ(client.take_output(), "DELE 2\r\n");
    client.feed("-ERR [SYS/TEMP] later\r\n");
    EXPECT_EQ(client.take_output(), "QUIT\r\n");
    client.feed("+OK\r\n");
    EXPECT_EQ(client.events, (Events{"Ready", "Deleted 1", "Refused dele 2 temporary", "Closed"}));
    EXPECT_EQ(client.session.outstanding(), 0U);
}

TEST(ClientCommands, QuitRefusedFails) {
    ClientDriver client = logged_in(true);
    client.session.quit();
    client.drain();
    client.feed("-ERR [SYS/TEMP] some deleted messages not removed\r\n");
    EXPECT_EQ(client.events.back(), "Failed temporary");
    EXPECT_EQ(client.error->message, "QUIT refused: [SYS/TEMP] some deleted messages not removed");
    EXPECT_EQ(client.error->reply->enhanced, "SYS/TEMP");
}

TEST(ClientCommands, ACommandAfterQuitIsACallersError) {
    ClientDriver client = logged_in(true);
    client.session.quit();
    client.session.stat();
    client.drain();
    EXPECT_EQ(client.events.back(), "Failed usage");
}

TEST(ClientCommands, BodiesKeepDotsAndEmptyMessages) {
    ClientDriver client = logged_in(true);
    client.session.retr(1);
    client.session.retr(2);
    client.session.retr(3);
    client.drain();
    client.feed("+OK\r\n.\r\n+OK\r\n...\r\n..\r\n\n.\r\n\r\n.\r\n+OK\r\na\rb\n.\nc\r\n.\r\n");
    EXPECT_EQ(client.bodies, (std::vector<std::string>{"", "..\r\n.\r\n\n.\r\n\r\n", "a\rb\n.\nc\r\n"}));
}

}  // namespace
}  // namespace mailpipe::pop3::test
