#include "mailpipe/imap/server/capabilities.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/ascii.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerCapabilities, AfterLogin) {
    Options options = loopback_options();
    options.max_message_size = 1000;
    options.message_limit = 500;
    EXPECT_EQ(
        encode_capabilities(options, Phase::after_login),
        "CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID IDLE NAMESPACE UNSELECT CHILDREN LIST-EXTENDED "
        "LIST-STATUS "
        "LIST-MYRIGHTS LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE UIDPLUS MOVE MULTIAPPEND CATENATE URLAUTH "
        "URLAUTH=BINARY BINARY CONDSTORE QRESYNC ESEARCH SEARCHRES MULTISEARCH CONTEXT=SEARCH CONTEXT=SORT "
        "ESORT "
        "PARTIAL SORT SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT WITHIN SEARCH=FUZZY PREVIEW "
        "SAVEDATE "
        "OBJECTID STATUS=SIZE STATUS=DELETED APPENDLIMIT=1000 QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE "
        "QUOTASET ACL "
        "RIGHTS=texk METADATA METADATA-SERVER NOTIFY COMPRESS=DEFLATE UTF8=ACCEPT I18NLEVEL=1 I18NLEVEL=2 "
        "REPLACE "
        "UIDONLY MESSAGELIMIT=500 INPROGRESS UNAUTHENTICATE");
}

TEST(ServerCapabilities, LiteralMinusStandsIn) {
    Options options = loopback_options();
    options.without = {"LITERAL+"};
    EXPECT_TRUE(encode_capabilities(options, Phase::before_login)
                    .starts_with("CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL- "));
    options.without = {"LITERAL+", "LITERAL-", "AUTH=LOGIN"};
    EXPECT_EQ(encode_capabilities(options, Phase::before_login),
              "CAPABILITY IMAP4rev1 IMAP4rev2 ENABLE ID SASL-IR AUTH=PLAIN");
}

// Each capability by itself, masked: neither announced, nor offered.
TEST(ServerCapabilities, EachCanBeMasked) {
    Options all = loopback_options();
    all.message_limit = 5;
    const std::string line = encode_capabilities(all, Phase::after_login);
    std::size_t tried = 0;
    for (const std::string_view word : ascii::split_words(std::string_view(line).substr(11))) {
        const std::string name(word.starts_with("MESSAGELIMIT=") ? "MESSAGELIMIT" : word);
        EXPECT_TRUE(offers_capability(all, name)) << name;
        Options options = all;
        options.without = {ascii::to_upper(name)};
        EXPECT_FALSE(offers_capability(options, name));
        const std::string masked = encode_capabilities(options, Phase::after_login) + " ";
        EXPECT_EQ(masked.find(" " + std::string(word) + " "), std::string::npos) << name;
        ++tried;
    }
    EXPECT_GT(tried, 55U);
    EXPECT_FALSE(offers_capability(all, "X-NONE"));
}

// A command comes and goes with its capability.
TEST(ServerCapabilities, CommandsGoWithThem) {
    struct Row {
        const char* capability;
        const char* command;
    };
    for (const Row& row : {
             Row{"ID", "ID NIL"},
             {"ENABLE", "ENABLE CONDSTORE"},
             {"IDLE", "IDLE"},
             {"COMPRESS=DEFLATE", "COMPRESS DEFLATE"},
             {"UNAUTHENTICATE", "UNAUTHENTICATE"},
             {"NAMESPACE", "NAMESPACE"},
             {"ACL", "MYRIGHTS INBOX"},
             {"QUOTA", "GETQUOTA \"\""},
             {"QUOTASET", "SETQUOTA \"\" ()"},
             {"NOTIFY", "NOTIFY NONE"},
             {"URLAUTH", "URLFETCH a"},
             {"I18NLEVEL=2", "COMPARATOR"},
             {"MULTISEARCH", "ESEARCH IN (personal) ALL"},
             {"IMAP4REV1", "LSUB \"\" *"},
         }) {
        Driver with;
        with.login();
        EXPECT_EQ(with.talk("a " + std::string(row.command) + "\r\n").find(" BAD "), std::string::npos)
            << row.command;
        Options options = loopback_options();
        options.without = {row.capability};
        Driver without(options);
        without.login();
        EXPECT_EQ(without.talk("a " + std::string(row.command) + "\r\n"), "a BAD Command is not known\r\n");
    }
    for (const char* row : {"MOVE", "UNSELECT", "SORT", "REPLACE"}) {
        Options options = loopback_options();
        options.without = {row};
        Driver without(options);
        without.select();
        EXPECT_EQ(without.talk("a " + std::string(row) + "\r\n"), "a BAD Command is not known\r\n") << row;
    }
}

}  // namespace
}  // namespace mailpipe::imap::server::test
