#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/pop3/support.hpp"

// The classes of threats.md that a malicious POP3 server can try on the client.
namespace mailpipe::pop3::test {
namespace {

using Events = std::vector<std::string>;

ClientOptions options_with(TlsUse tls) {
    ClientOptions options;
    options.tls = tls;
    options.user = "alice";
    options.password = Secret("secret");
    options.allow_plaintext_auth = tls == TlsUse::none;
    return options;
}

ClientDriver logged_in(ClientOptions options = options_with(TlsUse::implicit)) {
    ClientDriver client(std::move(options));
    client.feed("+OK ready\r\n");
    client.feed("+OK\r\nUSER\r\nPIPELINING\r\n.\r\n");
    client.feed("+OK\r\n");
    client.feed("+OK\r\n");
    EXPECT_EQ(client.events, Events{"Ready"});
    client.output.clear();
    return client;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Threats, ResponsesBeforeTheHandshakeUsedAfterIt) {
    ClientDriver same_read(options_with(TlsUse::starttls));
    same_read.feed("+OK\r\n");
    same_read.feed("+OK\r\nSTLS\r\n.\r\n");
    same_read.feed("+OK begin\r\n+OK\r\nUSER\r\n.\r\n");
    EXPECT_EQ(same_read.events, Events{"Failed protocol"});
    EXPECT_TRUE(contains(same_read.error->message, "STLS"));
    EXPECT_FALSE(contains(same_read.output, "alice"));

    ClientDriver next_read(options_with(TlsUse::starttls));
    next_read.feed("+OK\r\n");
    next_read.feed("+OK\r\nSTLS\r\n.\r\n");
    next_read.feed("+OK begin\r\n");
    EXPECT_EQ(next_read.events, Events{"StartTls"});
    next_read.feed("+");
    EXPECT_EQ(next_read.events, (Events{"StartTls", "Failed protocol"}));

    // Octets sent early, in front of the reply to STLS, cannot stand for it either.
    ClientDriver early(options_with(TlsUse::starttls));
    early.feed("+OK\r\n");
    early.feed("+OK\r\nSTLS\r\n.\r\n+OK\r\n");
    EXPECT_EQ(early.events, Events{"Failed protocol"});
}

TEST(Threats, CapabilitiesAskedAgainAfterTls) {
    ClientDriver client(options_with(TlsUse::starttls));
    client.feed("+OK <1.2@forged>\r\n");
    client.feed("+OK\r\nSTLS\r\nPIPELINING\r\nSASL CRAM-MD5\r\n.\r\n");
    client.feed("+OK\r\n");
    EXPECT_EQ(client.take_output(), "CAPA\r\nSTLS\r\n");
    client.session.tls_started();
    client.drain();
    EXPECT_EQ(client.take_output(), "CAPA\r\n");
    client.feed("+OK\r\nUSER\r\n.\r\n");
    EXPECT_EQ(client.take_output(), "USER alice\r\n")
        << "neither the forged SASL list nor the timestamp counts";
}

// UTF8 and LANG in one flight: what comes behind their answers was said before the login was asked for.
TEST(Threats, AnswersToSettings) {
    const auto asked = [] {
        ClientOptions options = options_with(TlsUse::implicit);
        options.language = "de";
        ClientDriver client(std::move(options));
        client.feed("+OK ready\r\n");
        client.feed("+OK\r\nUSER\r\nPIPELINING\r\nUTF8\r\nLANG\r\n.\r\n");
        EXPECT_TRUE(client.output.ends_with("CAPA\r\nUTF8\r\nLANG de\r\n")) << client.output;
        return client;
    };
    for (const char* answers :
         {"+OK\r\n+OK de\r\n+OK\r\n", "+OK\r\n+OK de\r\n+", "UTF8\r\n", "+OK\r\n* OK\r\n"}) {
        ClientDriver client = asked();
        client.feed(answers);
        EXPECT_EQ(client.events, Events{"Failed protocol"}) << answers;
        EXPECT_FALSE(contains(client.output, "alice")) << answers;
    }
    for (const char* answers : {"+OK\r\n+OK de\r\n", "-ERR\r\n-ERR\r\n"}) {
        ClientDriver client = asked();
        client.feed(answers);
        EXPECT_TRUE(client.output.ends_with("USER alice\r\n")) << answers;
    }
}

TEST(Threats, MissingOfferSkipsRequiredTls) {
    for (const char* capabilities : {"-ERR no CAPA here\r\n", "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"}) {
        ClientDriver client(options_with(TlsUse::starttls));
        client.feed("+OK <1.2@x>\r\n");
        client.feed(capabilities);
        EXPECT_EQ(client.events, Events{"Failed unsupported"});
        EXPECT_EQ(client.take_output(), "CAPA\r\n") << "no credential was sent";
    }
    ClientDriver refused(options_with(TlsUse::starttls));
    refused.feed("+OK\r\n");
    refused.feed("+OK\r\nSTLS\r\n.\r\n");
    refused.feed("-ERR not now\r\n");
    EXPECT_EQ(refused.events, Events{"Failed unsupported"});
    EXPECT_EQ(refused.take_output(), "CAPA\r\nSTLS\r\n");
}

TEST(Threats, CrLfNulInUserOrPassword) {
    using namespace std::string_literals;
    const std::pair<std::string, std::string> rows[] = {
        {"alice\r\nDELE 1", "secret"},
        {"alice\n", "secret"},
        {"al\0ice"s, "secret"},
        {"", "secret"},
        {"alice", ""},
        {"alice", "a\r\nQUIT"},
        {"alice", "a\0b"s},
        {"alice", "a\n"},
    };
    for (const auto& [user, password] : rows) {
        ClientOptions options = options_with(TlsUse::none);
        options.user = user;
        options.password = Secret(password);
        ClientDriver client(options);
        client.drain();
        EXPECT_EQ(client.events, Events{"Failed auth"});
        client.feed("+OK\r\n");
        EXPECT_EQ(client.output, "");
    }
}

TEST(Threats, RepliesOverlongOrGarbled) {
    const std::string overlong(limits::kReplyLine + 1, 'x');
    ClientDriver greeting(options_with(TlsUse::implicit));
    greeting.feed("+OK " + overlong, 1000);
    EXPECT_EQ(greeting.events, Events{"Failed limit"});
    EXPECT_TRUE(contains(greeting.error->message, "kReplyLine"));

    ClientDriver capa(options_with(TlsUse::implicit));
    capa.feed("+OK\r\n");
    capa.feed("+OK\r\n");
    for (std::size_t i = 0; i <= limits::kCapabilities && !capa.over; ++i)
        capa.feed("X-" + std::to_string(i) + "\r\n");
    EXPECT_EQ(capa.events, Events{"Failed limit"});
    EXPECT_TRUE(contains(capa.error->message, "kCapabilities"));

    const std::string rows[] = {"+ok\r\n",  "-err\r\n", "OK\r\n",         "\r\n",
                                "+OK1\r\n", "* OK\r\n", "\x1b[31m+OK\r\n"};
    for (const std::string& line : rows) {
        ClientDriver client = logged_in();
        client.session.dele(1);
        client.drain();
        client.feed(line);
        EXPECT_EQ(client.events, (Events{"Ready", "Failed protocol"})) << line;
        EXPECT_TRUE(contains(client.error->message, "DELE 1")) << client.error->message;
        EXPECT_FALSE(contains(client.error->message, "\x1b"));
    }
    for (const char* line :
         {"+OK\r\n", "+OK 1\r\n", "+OK x y\r\n", "+OK -1 5\r\n", "+OK 1 99999999999999999999\r\n"}) {
        ClientDriver client = logged_in();
        client.session.stat();
        client.drain();
        client.feed(line);
        EXPECT_EQ(client.events, (Events{"Ready", "Failed protocol"})) << line;
    }
}

TEST(Threats, ResponsesJudgedByWhatWasAsked) {
    ClientDriver more(options_with(TlsUse::implicit));
    more.feed("+OK\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n");
    EXPECT_EQ(more.events, Events{"Failed protocol"});
    EXPECT_FALSE(contains(more.output, "secret"));

    ClientDriver unasked = logged_in();
    unasked.feed("+OK 5 500\r\n");
    EXPECT_EQ(unasked.events, (Events{"Ready", "Failed protocol"}));

    ClientDriver ahead = logged_in();
    ahead.session.dele(1);
    ahead.drain();
    ahead.feed("+OK\r\n+OK\r\n");
    EXPECT_EQ(ahead.events, (Events{"Ready", "Deleted 1", "Failed protocol"}))
        << "a reply to a DELE not yet sent";

    ClientDriver logout = logged_in();
    logout.feed("-ERR Disconnected for inactivity.\r\n");
    EXPECT_EQ(logout.events, (Events{"Ready", "Failed unavailable"}));
}

struct ListingRow {
    std::string lines;
    bool is_uidl;
    std::string event;
};

TEST(Threats, EmptyDuplicateEndlessUidl) {
    const ListingRow rows[] = {
        {"", true, "Uidl"},
        {"1 abc\r\n2 abc\r\n", true, "Uidl 1:abc 2:abc"},
        {"1\r\n2 \r\n3  x\r\n", true, "Uidl 1: 2: 3:x"},
        {"1 ../../etc/passwd\r\n", true, "Uidl 1:../../etc/passwd"},
        {"1 a\x01"
         "b\r\n2 a b\r\n3 \xc3\xa4\r\n",
         true, "Uidl 1: 2: 3:"},
        {"1 " + std::string(limits::kUidlAccepted, 'u') + "\r\n", true,
         "Uidl 1:" + std::string(limits::kUidlAccepted, 'u')},
        {"1 " + std::string(limits::kUidlAccepted + 1, 'u') + "\r\n", true, "Uidl 1:"},
        {"2 b\r\n1 a\r\n", true, "Uidl 2:b 1:a"},
        {"1 a\r\n1 b\r\n", true, "Failed protocol"},
        {"2 a\r\n1 c\r\n2 b\r\n", true, "Failed protocol"},
        {"0 a\r\n", true, "Failed protocol"},
        {"4294967296 a\r\n", true, "Failed protocol"},
        {"x a\r\n", true, "Failed protocol"},
        {"\r\n", true, "Failed protocol"},
        {"1 5 extra\r\n", false, "List 1:5"},
        {"1 5\r\n2 18446744073709551615\r\n", false, "List 1:5 2:18446744073709551615"},
        {"1 -5\r\n", false, "Failed protocol"},
        {"1\r\n", false, "Failed protocol"},
        {"1 18446744073709551616\r\n", false, "Failed protocol"},
        {"+OK 1 5\r\n", false, "Failed protocol"},
    };
    for (const ListingRow& row : rows) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}}) {
            ClientDriver client = logged_in();
            row.is_uidl ? client.session.uidl() : client.session.list();
            client.drain();
            client.feed("+OK\r\n" + row.lines + ".\r\n", piece);
            EXPECT_EQ(client.events.back(), row.event) << row.lines;
        }
    }
}

TEST(Threats, EndlessUidlMeetsTheLimit) {
    EXPECT_EQ(ClientOptions().max_listed, limits::kMaildropMessages);
    for (const std::size_t uidl_length : {std::size_t{1}, limits::kUidlAccepted}) {
        ClientOptions options = options_with(TlsUse::implicit);
        options.max_listed = 1000;
        ClientDriver client = logged_in(options);
        client.session.uidl();
        client.drain();
        client.feed("+OK\r\n");
        std::size_t number = 0;
        while (!client.over && number < 2000) {
            client.feed(std::to_string(++number) + " " + std::string(uidl_length, 'x') + "\r\n");
        }
        EXPECT_EQ(client.events.back(), "Failed limit");
        EXPECT_EQ(number, uidl_length == 1 ? 1001U : 1000U * limits::kUidl / limits::kUidlAccepted + 1);
        EXPECT_TRUE(contains(client.error->message, "kMaildropMessages"));
    }
}

TEST(Threats, TruncatedAtAnyOctet) {
    const std::string dialogue = "+OK 5 octets\r\nabc\r\n.\r\n";
    for (std::size_t length = 0; length < dialogue.size(); ++length) {
        ClientDriver client = logged_in();
        client.session.retr(7);
        client.drain();
        client.feed(dialogue.substr(0, length));
        client.eof();
        EXPECT_EQ(client.events.back(), "Failed protocol") << length;
        EXPECT_TRUE(contains(client.error->message, "truncated")) << client.error->message;
        EXPECT_TRUE(contains(client.error->message, "RETR 7")) << client.error->message;
        EXPECT_EQ(std::count(client.events.begin(), client.events.end(), "End 7"), 0);
    }
    ClientDriver greeting(options_with(TlsUse::implicit));
    greeting.eof();
    EXPECT_TRUE(contains(greeting.error->message, "greeting"));
}

TEST(Threats, OnlyCrlfDotCrlfEndsAMessage) {
    ClientDriver client = logged_in();
    client.session.retr(1);
    client.drain();
    client.feed("+OK\r\na\n.\n\r.\r\n.\n\n.\r\nb\r\n.\r\n");
    EXPECT_EQ(client.bodies.size(), 1U);
    EXPECT_EQ(client.bodies[0], "a\n.\n\r.\r\n\n\n.\r\nb\r\n");
    EXPECT_EQ(client.events.back(), "End 1");
}

TEST(Threats, EchoedSecretsStayHere) {
    const std::string cut = "-ERR " + std::string(196, 'x') + "secret";
    const std::string rows[] = {"-ERR no PASS secret",
                                "-ERR [SECRET] x",
                                "secret",
                                cut,
                                "+OK\r\nsecret",
                                "-ERR AGFsaWNlAHNlY3JldA== c2VjcmV0"};
    for (const std::string& row : rows) {
        Collector trace;
        ClientOptions options = options_with(TlsUse::implicit);
        options.trace = &trace;
        ClientDriver client(options);
        client.feed("+OK hello\r\n");
        client.feed("-ERR no CAPA\r\n");
        client.feed("+OK user\r\n");
        client.feed(row + "\r\n");
        client.session.list();
        client.drain();
        ASSERT_TRUE(client.error) << row;
        std::string said = client.error->message;
        if (client.error->reply) said += client.error->reply->text + client.error->reply->enhanced;
        for (const std::string& line : trace.lines)
            said += "\n" + line;
        EXPECT_TRUE(contains(said, "***")) << said;
        for (const char* word : {"secre", "SECRE", "AGFs", "c2Vj"})
            EXPECT_FALSE(contains(said, word)) << said;
    }
}

TEST(Threats, LoggingOfOverlongOrFormattedData) {
    ClientDriver client = logged_in();
    client.session.dele(1);
    client.drain();
    client.feed("-ERR %s%n" + std::string(5000, 'A') + "\x1b]0;x\x07\r\n");
    ASSERT_TRUE(client.error);
    EXPECT_LT(client.error->message.size(), 300U);
    EXPECT_TRUE(contains(client.error->message, "%s%n"));
    EXPECT_FALSE(contains(client.error->message, "\x1b"));
}

}  // namespace
}  // namespace mailpipe::pop3::test
