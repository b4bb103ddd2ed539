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

Events fetching(const Lines& lines) {
    const auto act =
        test::at_selected([](ClientSession& session) { session.uid_fetch("7,9", FetchBody::whole); });
    return behind(
        play_split(test::plain_options(), act,
                   test::selected("IMAP4rev1 UIDONLY") +
                       Lines{client("A3 UID FETCH 7,9 (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])")} +
                       lines),
        "selected");
}

// RFC 9586 section 3.3.
TEST(ImapUidOnly, Uidfetch) {
    EXPECT_EQ(
        fetching({server("* 7 UIDFETCH (FLAGS (\\Seen) RFC822.SIZE 4 BODY[] {4}"), server("ab"), server(")"),
                  server("* VANISHED 9"), server("* 12 UIDFETCH (FLAGS ())"), server("A3 OK x")}),
        (Events{"body 7 size=4", "data ab\r\n", "fetched 7 uid=7 size=4 (\\Seen) body", "done fetch"}));
    EXPECT_EQ(fetching({server("* 7 UIDFETCH (UID 7 FLAGS () RFC822.SIZE 0 BODY[] \"\")"), server("A3 OK x")}),
              (Events{"body 7 size=0", "fetched 7 uid=7 size=0 () body", "done fetch"}));
}

TEST(ImapUidOnly, Hostile) {
    EXPECT_EQ(fetching({server("* 7 UIDFETCH (UID 8 FLAGS ())")}),
              (Events{"failed protocol: UIDFETCH response with two UIDs of one message"}));
    EXPECT_EQ(fetching({server("* 0 UIDFETCH (FLAGS ())"), server("A3 OK x")}), (Events{"done fetch"}));
}

}  // namespace
}  // namespace mailpipe::imap
