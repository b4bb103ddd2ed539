#include "mailpipe/imap/server/append_parser.hpp"

#include <gtest/gtest.h>

#include "mailpipe/imap/server/limits.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using Events = std::vector<std::string>;

struct Row {
    std::string input;
    std::string output;
    Events events;
    std::string appended = "";
};

void expect_rows(const Options& options, std::string_view enabled, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{3}}) {
            Driver server(options);
            server.login();
            if (!enabled.empty()) server.talk("e ENABLE " + std::string(enabled) + "\r\n");
            server.talk("s SELECT a\r\n");
            server.events.clear();
            server.feed("t " + row.input + "\r\n", piece);
            EXPECT_EQ(server.output, row.output) << row.input;
            EXPECT_EQ(server.events, row.events) << row.input;
            EXPECT_EQ(server.appended, row.appended) << row.input;
            EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Completed\r\n") << row.input;
        }
    }
}
void expect_rows(const std::vector<Row>& rows) {
    expect_rows(loopback_options(), "", rows);
}

const std::string kDone = "t OK [APPENDUID 1 2] Appended\r\n";

TEST(ServerAppend, OneMessage) {
    expect_rows({
        {"APPEND a {3+}\r\nabc", kDone, {"append a", "message", "literal 3", "end", "done"}, "abc"},
        {"APPEND {1+}\r\na (x) {3+}\r\na\r\n",
         kDone,
         {"append a", "message x", "literal 3", "end", "done"},
         "a\r\n"},
        {"APPEND a () ~{3+}\r\nabc", kDone, {"append a", "message", "literal 3 binary", "end", "done"}, "abc"},
        {"APPEND a \"01-Jan-1970 00:00:00 +0000\" {1+}\r\nx",
         kDone,
         {"append a", "message at 0", "literal 1", "end", "done"},
         "x"},
    });
}

TEST(ServerAppend, SeveralMessages) {
    expect_rows({
        {"APPEND a {3+}\r\nabc (\\Seen) {2+}\r\nde ~{1+}\r\nf",
         kDone,
         {"append a", "message", "literal 3", "end", "message \\Seen", "literal 2", "end", "message",
          "literal 1 binary", "end", "done"},
         "abcdef"},
        // How a client gives it up (RFC 3502 section 6.3.11).
        {"APPEND a {3+}\r\nabc {0+}\r\n",
         "t NO empty message: nothing is appended\r\n",
         {"append a", "message", "literal 3", "aborted"},
         "abc"},
    });
}

TEST(ServerAppend, Catenates) {
    expect_rows({
        {"APPEND Drafts (\\Draft) CATENATE (URL \"/a;uid=1\" TEXT {4+}\r\ntext URL {2+}\r\n/b TEXT {0+}\r\n)",
         kDone,
         {"append Drafts", "message \\Draft", "url /a;uid=1", "literal 4", "url /b", "literal 0", "end",
          "done"},
         "text"},
        {"APPEND a CATENATE (URL /b) {1+}\r\nx CATENATE (TEXT {1+}\r\ny)",
         kDone,
         {"append a", "message", "url /b", "end", "message", "literal 1", "end", "message", "literal 1", "end",
          "done"},
         "xy"},
        {"APPEND a CATENATE ()", "t BAD cat-part expected at octet 21\r\n", {}},
        {"APPEND a CATENATE (TEXT {1+}\r\nx",
         "t BAD SP or \")\" behind cat-part expected at octet 0\r\n",
         {"append a", "message", "literal 1", "aborted"},
         "x"},
        {"APPEND a CATENATE (TEXT x)", "t BAD literal of TEXT expected at octet 26\r\n", {}},
    });
}

TEST(ServerAppend, Replaces) {
    expect_rows({
        {"REPLACE 4 a {1+}\r\nx", kDone, {"append a 4", "message", "literal 1", "end", "done"}, "x"},
        {"UID REPLACE 4 {1+}\r\na {1+}\r\nx",
         kDone,
         {"append a uid 4", "message", "literal 1", "end", "done"},
         "x"},
        {"REPLACE 4 a {1+}\r\nx {1+}\r\ny",
         "t BAD end of the command expected at octet 0\r\n",
         {"append a 4", "message", "literal 1", "aborted"},
         "x"},
        {"REPLACE 0 a {1+}\r\nx", "t BAD number of the message expected at octet 10\r\n", {}},
        {"UID APPEND a {1+}\r\nx", "t BAD Command is not known\r\n", {}},
    });
}

TEST(ServerAppend, InUtf8) {
    expect_rows(loopback_options(), "UTF8=ACCEPT",
                {{"APPEND a UTF8 (~{2+}\r\n\xC3\xBC)",
                  kDone,
                  {"append a", "message", "literal 2 binary utf8", "end", "done"},
                  "\xC3\xBC"},
                 {"APPEND a UTF8 ({1+}\r\nx)", "t BAD literal8 expected at octet 17\r\n", {}},
                 {"APPEND a CATENATE (UTF8 (~{1+}\r\nx) URL /b)",
                  kDone,
                  {"append a", "message", "literal 1 binary utf8", "url /b", "end", "done"},
                  "x"}});
    expect_rows({{"APPEND a UTF8 (~{1+}\r\nx)", "t BAD UTF8 is not enabled\r\n", {}}});
}

TEST(ServerAppend, Malformed) {
    expect_rows({
        {"APPEND", "t BAD SP expected at octet 8\r\n", {}},
        {"APPEND a", "t BAD SP expected at octet 10\r\n", {}},
        {"APPEND a ", "t BAD append-data expected at octet 11\r\n", {}},
        {"APPEND a b {1+}\r\nx", "t BAD append-data expected at octet 11\r\n", {}},
        {"APPEND a (x){1+}\r\nx", "t BAD SP expected at octet 14\r\n", {}},
        {"APPEND a \"x\" {1+}\r\nx", "t BAD date-time expected at octet 11\r\n", {}},
        {"APPEND \"\" {1+}\r\nx", "t BAD mailbox name that is not empty expected at octet 9\r\n", {}},
        {"APPEND a {1+}\r\nxy",
         "t BAD SP expected at octet 0\r\n",
         {"append a", "message", "literal 1", "aborted"},
         "x"},
        {"APPEND a {1+}\r\nx y",
         "t BAD append-data expected at octet 1\r\n",
         {"append a", "message", "literal 1", "aborted"},
         "x"},
    });
}

TEST(ServerAppend, NoNulButInALiteral8) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk(std::string("t APPEND a {4+}\r\nab\0d {1+}\r\nx\r\n", 31)),
              "t NO NUL in a message that is no literal8\r\n");
    EXPECT_EQ(server.events, (Events{"append a", "message", "literal 4", "aborted"}));
    EXPECT_EQ(server.talk(std::string("t APPEND a ~{4+}\r\nab\0d\r\n", 24)), kDone);
    EXPECT_EQ(server.appended, std::string("ab\0d", 4));
}

TEST(ServerAppend, WithoutTheExtensions) {
    Options options = loopback_options();
    options.without = {"MULTIAPPEND", "CATENATE", "BINARY", "REPLACE"};
    options.max_message_size = 10;
    expect_rows(options, "",
                {{"APPEND a {1+}\r\nx {1+}\r\ny",
                  "t BAD end of the command expected at octet 0\r\n",
                  {"append a", "message", "literal 1", "aborted"},
                  "x"},
                 {"APPEND a CATENATE (URL b)", "t BAD append-data expected at octet 11\r\n", {}},
                 {"APPEND a ~{1+}\r\nx", "t BAD literal expected at octet 11\r\n", {}},
                 {"REPLACE 1 a {1+}\r\nx", "t BAD Command is not known\r\n", {}},
                 {"APPEND a {11+}\r\n01234567890", "t NO [TOOBIG] message is too large\r\n", {}}});
}

TEST(ServerAppend, RefusedByTheCaller) {
    struct Refused {
        const char* at;
        Events events;
    };
    for (const Refused& row : {Refused{"append", {"append a"}},
                               {"message", {"append a", "message"}},
                               {"literal", {"append a", "message", "literal 3"}}}) {
        Driver server;
        server.login();
        server.refuse_at = row.at;
        server.code = "OVERQUOTA";
        // What follows unasked is dropped; what waits for an answer has it.
        EXPECT_EQ(server.talk("t APPEND a {3+}\r\nabc {1+}\r\nd (\r\n"), "t NO [OVERQUOTA] Refused\r\n")
            << row.at;
        EXPECT_EQ(server.events, row.events);
        EXPECT_EQ(server.talk("t APPEND a {3}\r\n"), "t NO [OVERQUOTA] Refused\r\n") << row.at;
        EXPECT_EQ(server.talk("t APPEND a {3+}\r\nabc {1}\r\n"), "t NO [OVERQUOTA] Refused\r\n") << row.at;
        EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Completed\r\n");
        EXPECT_EQ(server.appended, "");
    }
    Driver server;
    server.login();
    server.refuse_at = "end";
    EXPECT_EQ(server.talk("t APPEND a {3+}\r\nabc\r\n"), "t NO Refused\r\n");
    EXPECT_EQ(server.talk("t APPEND a {3+}\r\nabc {1+}\r\nd\r\n"), "t NO Refused\r\n");
    EXPECT_EQ(server.talk("t APPEND a {3+}\r\nabc {9}\r\n"), "t NO Refused\r\n");
    EXPECT_EQ(server.talk("n NOOP\r\n"), "n OK Completed\r\n");
}

TEST(ServerAppend, CutOff) {
    Driver server;
    server.login();
    server.talk("t APPEND a {3+}\r\nab");
    server.session.feed_eof();
    server.drain();
    EXPECT_EQ(server.events, (Events{"append a", "message", "literal 3", "aborted",
                                     "failed the client closed the connection without LOGOUT"}));
    Driver other;
    other.login();
    other.talk("t APPEND a {3+}\r\nab");
    other.session.bye("", "Enough");
    other.drain();
    EXPECT_EQ(other.events, (Events{"append a", "message", "literal 3", "aborted", "quit"}));
    EXPECT_EQ(other.output, "* BYE Enough\r\n");
}

TEST(ServerAppend, TooLargeToBeDropped) {
    Options options = loopback_options();
    options.max_message_size = 10;
    Driver server(options);
    server.login();
    EXPECT_EQ(server.talk("t APPEND a {" + std::to_string(kSwallowedOctets + 1) + "+}\r\n"),
              "t NO [TOOBIG] message is too large\r\n* BYE [TOOBIG] Too much of a refused command\r\n");
    EXPECT_TRUE(server.over);
    Driver asked(options);
    asked.login();
    EXPECT_EQ(asked.talk("t APPEND a {99999999999999999999}\r\n"), "t NO [TOOBIG] message is too large\r\n");
    EXPECT_EQ(asked.talk("n NOOP\r\n"), "n OK Completed\r\n");
}

}  // namespace
}  // namespace mailpipe::imap::server::test
