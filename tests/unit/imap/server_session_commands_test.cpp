#include <gtest/gtest.h>

#include "mailpipe/imap/server/limits.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using Events = std::vector<std::string>;

TEST(ServerCommands, Id) {
    Driver server;
    const std::string known = "* ID (\"name\" \"mailpipe\")\r\na OK Glad to know you\r\n";
    EXPECT_EQ(server.talk("a ID NIL\r\n"), known);
    EXPECT_EQ(server.talk("a ID (\"name\" \"sodr\" \"version\" NIL {2+}\r\nos {1+}\r\nx)\r\n"), known);
    EXPECT_EQ(server.talk("a ID ()\r\n"), known);
    for (const char* bad :
         {"ID", "ID (name x)", "ID (\"name\")", "ID (\"name\" x)", "ID NIL x", "ID (NIL NIL)"})
        EXPECT_NE(server.talk("a " + std::string(bad) + "\r\n").find("a BAD "), std::string::npos) << bad;
    std::string many = "a ID (\"x\" NIL";
    for (std::size_t i = 0; i < kIdPairs; ++i)
        many += " \"x\" NIL";
    EXPECT_EQ(server.talk(many + ")\r\n"), "a BAD more than kIdPairs fields\r\n");
}

TEST(ServerCommands, Enable) {
    Driver server;
    server.login();
    EXPECT_FALSE(server.session.condstore() || server.session.qresync() || server.session.utf8() ||
                 server.session.rev2() || server.session.uid_only() || server.session.metadata());
    EXPECT_EQ(server.talk("a ENABLE X-GOOD-IDEA\r\n"), "* ENABLED\r\na OK Enabled\r\n");
    EXPECT_EQ(server.talk("a ENABLE qresync X UTF8=ACCEPT\r\n"),
              "* ENABLED QRESYNC UTF8=ACCEPT\r\na OK Enabled\r\n");
    EXPECT_TRUE(server.session.condstore() && server.session.qresync() && server.session.utf8());
    EXPECT_EQ(server.talk("a ENABLE UTF8=ACCEPT IMAP4rev2 UIDONLY METADATA\r\n"),
              "* ENABLED IMAP4rev2 UIDONLY METADATA\r\na OK Enabled\r\n");
    EXPECT_TRUE(server.session.rev2() && server.session.uid_only() && server.session.metadata());
    EXPECT_EQ(server.talk("a ENABLE\r\n"), "a BAD SP expected at octet 8\r\n");
    EXPECT_EQ(server.talk("a ENABLE \r\n"), "a BAD capability expected at octet 9\r\n");
    server.talk("s SELECT a\r\n");
    EXPECT_EQ(server.talk("a ENABLE CONDSTORE\r\n"), "a BAD Command is not for this state\r\n");
}

TEST(ServerCommands, OfRev2AloneIsEnabledFromTheStart) {
    Options options = loopback_options();
    options.without = {"IMAP4REV1"};
    Driver server(options);
    EXPECT_TRUE(server.session.rev2());
    EXPECT_TRUE(server.session.utf8());
    server.login();
    EXPECT_EQ(server.talk("a LSUB \"\" *\r\n"), "a BAD Command is not known\r\n");
}

TEST(ServerCommands, Unauthenticate) {
    Driver server;
    server.login();
    server.talk("e ENABLE QRESYNC IMAP4rev2\r\n");
    server.talk("s SELECT a\r\n");
    EXPECT_EQ(server.talk("a UNAUTHENTICATE\r\n"), "a OK Logged off\r\n");
    EXPECT_EQ(server.events, Events{"logged off"});
    EXPECT_FALSE(server.session.qresync() || server.session.condstore() || server.session.rev2());
    EXPECT_EQ(server.talk("a FETCH 1 FLAGS\r\n"), "a BAD Command is not for this state\r\n");
    EXPECT_TRUE(server.talk("a LOGIN alice secret\r\n").starts_with("a OK [CAPABILITY "));
    EXPECT_EQ(server.talk("a FETCH 1 FLAGS\r\n"), "a BAD Command is not for this state\r\n");
}

TEST(ServerCommands, Comparator) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a COMPARATOR\r\n"),
              "* COMPARATOR \"i;unicode-casemap\"\r\na OK That is the comparator\r\n");
    const std::string found =
        "* COMPARATOR \"i;unicode-casemap\" (\"i;unicode-casemap\")\r\na OK That is the comparator\r\n";
    EXPECT_EQ(server.talk("a COMPARATOR \"cz;*\" i;unicode-casemap\r\n"), found);
    EXPECT_EQ(server.talk("a COMPARATOR \"i;*\"\r\n"), found);
    EXPECT_EQ(server.talk("a COMPARATOR \"*casemap\"\r\n"), found);
    EXPECT_EQ(server.talk("a COMPARATOR \"i;unicode-casemap*casemap\"\r\n"),
              "a NO [BADCOMPARATOR] Comparator is not known\r\n");
    EXPECT_EQ(server.talk("a COMPARATOR i;octet\r\n"), "a NO [BADCOMPARATOR] Comparator is not known\r\n");
    EXPECT_EQ(server.talk("a COMPARATOR \r\n"), "a BAD comp-order expected at octet 13\r\n");
}

TEST(ServerCommands, Compress) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a COMPRESS LZ4\r\n"), "a NO Algorithm is not known\r\n");
    EXPECT_EQ(server.talk("a COMPRESS\r\n"), "a BAD SP expected at octet 10\r\n");
}

TEST(ServerCommands, Logout) {
    for (const bool logged_in : {false, true}) {
        Driver server;
        if (logged_in) server.select();
        EXPECT_EQ(server.talk("a LOGOUT x\r\n"), "a BAD end of the command expected at octet 8\r\n");
        EXPECT_EQ(server.talk("a LOGOUT\r\nb NOOP\r\n"), "* BYE Logging out\r\na OK Bye\r\n");
        EXPECT_EQ(server.events, Events{"quit"});
    }
}

struct Sample {
    const char* valid;
    const char* invalid;
    unsigned states;  // 1: before login, 2: after it, 4: selected
};

// Every command of the table in every state, with arguments that are right and with others that are not.
TEST(ServerCommands, EachInEachState) {
    const std::vector<Sample> samples = {
        {"CAPABILITY", "CAPABILITY x", 7},
        {"NOOP", "NOOP x", 7},
        {"LOGOUT", "LOGOUT x", 7},
        {"ID NIL", "ID", 7},
        {"LOGIN alice secret", "LOGIN alice", 1},
        {"AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", "AUTHENTICATE", 1},
        {"ENABLE CONDSTORE", "ENABLE", 2},
        {"IDLE\r\nDONE", "IDLE x", 6},
        {"COMPRESS DEFLATE", "COMPRESS", 6},
        {"UNAUTHENTICATE", "UNAUTHENTICATE x", 6},
        {"COMPARATOR", "COMPARATOR ", 6},
        {"APPEND a {1+}\r\nx", "APPEND a", 6},
        {"REPLACE 1 a {1+}\r\nx", "REPLACE a", 4},
        {"UID REPLACE 1 a {1+}\r\nx", "UID REPLACE a", 4},
        {"SELECT a", "SELECT", 6},
        {"EXAMINE a", "EXAMINE", 6},
        {"CREATE a", "CREATE", 6},
        {"DELETE a", "DELETE", 6},
        {"RENAME a b", "RENAME a", 6},
        {"SUBSCRIBE a", "SUBSCRIBE", 6},
        {"UNSUBSCRIBE a", "UNSUBSCRIBE", 6},
        {"STATUS a (MESSAGES)", "STATUS a", 6},
        {"LIST \"\" *", "LIST *", 6},
        {"LSUB \"\" *", "LSUB *", 6},
        {"NAMESPACE", "NAMESPACE x", 6},
        {"GETACL a", "GETACL", 6},
        {"SETACL a b l", "SETACL a b", 6},
        {"DELETEACL a b", "DELETEACL a", 6},
        {"LISTRIGHTS a b", "LISTRIGHTS a", 6},
        {"MYRIGHTS a", "MYRIGHTS", 6},
        {"GETQUOTA a", "GETQUOTA", 6},
        {"GETQUOTAROOT a", "GETQUOTAROOT", 6},
        {"SETQUOTA a ()", "SETQUOTA a", 6},
        {"GETMETADATA a /private/x", "GETMETADATA a x", 6},
        {"SETMETADATA a (/private/x NIL)", "SETMETADATA a", 6},
        {"NOTIFY NONE", "NOTIFY", 6},
        {"GENURLAUTH a INTERNAL", "GENURLAUTH a", 6},
        {"RESETKEY", "RESETKEY \"\"", 6},
        {"URLFETCH a", "URLFETCH", 6},
        {"CHECK", "CHECK x", 4},
        {"CLOSE", "CLOSE x", 4},
        {"UNSELECT", "UNSELECT x", 4},
        {"EXPUNGE", "EXPUNGE 1", 4},
        {"UID EXPUNGE 1", "UID EXPUNGE", 4},
        {"SEARCH ALL", "SEARCH", 4},
        {"UID SEARCH ALL", "UID SEARCH", 4},
        {"ESEARCH IN (personal) ALL", "ESEARCH IN", 6},
        {"SORT (DATE) UTF-8 ALL", "SORT (DATE)", 4},
        {"UID SORT (DATE) UTF-8 ALL", "UID SORT (DATE)", 4},
        {"THREAD REFERENCES UTF-8 ALL", "THREAD REFERENCES", 4},
        {"UID THREAD REFERENCES UTF-8 ALL", "UID THREAD REFERENCES", 4},
        {"CANCELUPDATE \"a\"", "CANCELUPDATE a", 4},
        {"FETCH 1 FLAGS", "FETCH 1", 4},
        {"UID FETCH 1 FLAGS", "UID FETCH 1", 4},
        {"STORE 1 FLAGS ()", "STORE 1 FLAGS", 4},
        {"UID STORE 1 FLAGS ()", "UID STORE 1 FLAGS", 4},
        {"COPY 1 a", "COPY 1", 4},
        {"UID COPY 1 a", "UID COPY 1", 4},
        {"MOVE 1 a", "MOVE 1", 4},
        {"UID MOVE 1 a", "UID MOVE 1", 4},
    };
    for (const Sample& sample : samples) {
        for (const unsigned state : {1U, 2U, 4U}) {
            const auto say = [&](const char* command) {
                Driver server;
                if (state == 2) server.login();
                if (state == 4) server.select();
                return server.talk("t " + std::string(command) + "\r\n");
            };
            const bool here = (sample.states & state) != 0;
            const std::string valid = say(sample.valid);
            const std::string invalid = say(sample.invalid);
            if (here) {
                EXPECT_NE(valid.find("t OK "), std::string::npos)
                    << sample.valid << " in " << state << ": " << valid;
                EXPECT_TRUE(invalid.starts_with("t BAD "))
                    << sample.invalid << " in " << state << ": " << invalid;
                EXPECT_EQ(invalid.find("for this state"), std::string::npos)
                    << sample.invalid << " in " << state;
            } else {
                EXPECT_TRUE(valid.starts_with("t BAD Command is not for this state\r\n")) << sample.valid;
                EXPECT_EQ(invalid, "t BAD Command is not for this state\r\n") << sample.invalid;
            }
        }
    }
}

}  // namespace
}  // namespace mailpipe::imap::server::test
