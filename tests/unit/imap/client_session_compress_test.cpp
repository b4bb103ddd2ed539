#include <gtest/gtest.h>

#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/wire/deflate.hpp"
#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::client;
using test::play_split;
using test::server;
using Events = std::vector<std::string>;

ClientOptions compressing() {
    ClientOptions options = test::plain_options();
    options.compress = true;
    return options;
}

// What the session sends until it needs input.
std::string sent(ClientSession& session, Events& events) {
    std::string all;
    while (true) {
        const ClientStep step = session.next();
        if (const auto* output = std::get_if<wire::Output>(&step)) {
            all += output->octets;
        } else if (std::holds_alternative<wire::NeedInput>(step) || std::holds_alternative<Closed>(step)) {
            return all;
        } else if (const auto* failed = std::get_if<wire::Failed>(&step)) {
            events.push_back("failed " + failed->error.message);
            return all;
        } else if (std::holds_alternative<Ready>(step)) {
            events.emplace_back("ready");
        } else if (const auto* data = std::get_if<BodyData>(&step)) {
            events.push_back(std::to_string(data->octets.size()));
        }
    }
}

// RFC 4978 section 4, with what the server says behind the OK in the same packet.
TEST(ImapCompress, BothDirectionsBehindTheOk) {
    for (const bool split : {false, true}) {
        ClientSession session(compressing());
        Events events;
        session.feed("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n");
        EXPECT_EQ(sent(session, events), "A1 LOGIN \"alice\" \"secret\"\r\n");
        session.feed("A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n");
        EXPECT_EQ(sent(session, events), "A2 COMPRESS DEFLATE\r\n");
        EXPECT_TRUE(events.empty());
        wire::Deflate server;
        const std::string answer = "A2 OK active\r\n" + server.compress("* 3 EXISTS\r\n");
        for (std::size_t at = 0; at < answer.size(); at += split ? 1 : answer.size()) {
            session.feed(std::string_view(answer).substr(at, split ? 1 : answer.size()));
            EXPECT_EQ(sent(session, events), "");
        }
        EXPECT_EQ(events, Events{"ready"});
        session.noop();
        server.feed(sent(session, events));
        EXPECT_EQ(*server.inflate(), "A3 NOOP\r\n");
        session.feed(server.compress("A3 OK done\r\n"));
        session.logout();
        server.feed(sent(session, events));
        EXPECT_EQ(*server.inflate(), "A4 LOGOUT\r\n");
    }
}

TEST(ImapCompress, NotWhereItIsNotOfferedWantedOrGranted) {
    EXPECT_EQ(play_split(compressing(), {},
                         {server("* OK [CAPABILITY IMAP4rev1] ready"), client("A1 LOGIN \"alice\" \"secret\""),
                          server("A1 OK [CAPABILITY IMAP4rev1] in")}),
              Events{"ready IMAP4REV1"});
    EXPECT_EQ(play_split(test::plain_options(), {},
                         {server("* OK [CAPABILITY IMAP4rev1] ready"), client("A1 LOGIN \"alice\" \"secret\""),
                          server("A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in")}),
              Events{"ready IMAP4REV1 COMPRESS=DEFLATE"});
    EXPECT_EQ(play_split(compressing(), {},
                         {server("* OK [CAPABILITY IMAP4rev1] ready"), client("A1 LOGIN \"alice\" \"secret\""),
                          server("A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in"),
                          client("A2 COMPRESS DEFLATE"), server("A2 NO [COMPRESSIONACTIVE] by TLS")}),
              Events{"ready IMAP4REV1 COMPRESS=DEFLATE"});
}

TEST(ImapCompress, InTheClearBehindTheOkIsAnError) {
    ClientSession session(compressing());
    Events events;
    session.feed("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n");
    sent(session, events);
    session.feed("A1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n");
    sent(session, events);
    session.feed("A2 OK active\r\n* OK in the clear\r\n");
    sent(session, events);
    EXPECT_EQ(events, (Events{"ready", "failed what the server sends is not compressed by DEFLATE"}));
}

}  // namespace
}  // namespace mailpipe::imap
