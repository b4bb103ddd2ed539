#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseMessages, Commands) {
    expect_rows({
        {"CHECK", "noop"},
        {"NOOP", "noop"},
        {"NOOP x", "BAD end of the command expected at octet 6"},
        {"EXPUNGE", "expunge"},
        {"UID EXPUNGE 3000:3002", "expunge 3000:3002"},
        {"UID EXPUNGE", "BAD SP expected at octet 13"},
        {"EXPUNGE 1", "BAD end of the command expected at octet 9"},
        {"COPY 2:4 MEETING", "copy 2:4 [MEETING]"},
        {"UID COPY 2:* MEETING", "uid copy 2:100 [MEETING]"},
        {"MOVE 1 a", "move 1 [a]"},
        {"UID MOVE $ a", "uid move $ [a]"},
        {"COPY 0 a", "BAD sequence-set expected at octet 7"},
        {"COPY 1 ", "BAD mailbox expected at octet 9"},
        {"CLOSE x", "BAD end of the command expected at octet 7"},
        {"UNSELECT", "unselect"},
        {"CLOSE", "close"},
    });
}

TEST(ServerParseMessages, Store) {
    expect_rows({
        {"STORE 2:4 +FLAGS (\\Deleted)", "store 2:4 +flags [\\Deleted]"},
        {"STORE 1 -FLAGS.SILENT (\\sEEn Work)", "store 1 -silent [\\Seen] [Work]"},
        {"UID STORE 1 FLAGS ()", "uid store 1 flags"},
        {"STORE 1 FLAGS \\Seen $x", "store 1 flags [\\Seen] [$x]"},
        {"STORE 1 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
         "store 1 +silent [\\Deleted] since 12121230045"},
        {"STORE 1 (UNCHANGEDSINCE 0) FLAGS ()", "store 1 flags since 0"},
        {"STORE 1 (X) FLAGS ()", "BAD store-modifier expected at octet 11"},
        {"STORE 1 FLAGS (\\Recent)", "BAD flag that can be set expected at octet 17"},
        {"STORE 1 FLAGS (\\Foo)", "BAD flag that can be set expected at octet 17"},
        {"STORE 1 FLAGS (a  b)", "BAD flag expected at octet 19"},
        {"STORE 1 FLAGS (a", "BAD \")\" of flag-list expected at octet 18"},
        {"STORE 1 FLAGS", "BAD SP expected at octet 15"},
        {"STORE 1 FLAGS a]b", "BAD end of the command expected at octet 17"},
        {"STORE 1 FLAG (a)", "BAD store-att-flags expected at octet 14"},
        {"STORE 1:1,2 FLAGS (\"a\")", "BAD flag expected at octet 21"},
    });
}

TEST(ServerParseMessages, UidsOnly) {
    Driver server = selected("UIDONLY");
    expect_rows(
        server,
        {{"STORE 1 FLAGS ()", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"COPY 1 a", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"FETCH 1 FLAGS", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"SEARCH ALL", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"SORT (DATE) UTF-8 ALL", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"REPLACE 1 a {1+}\r\nx", "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled"},
         {"UID COPY 1 a", "uid copy 1 [a]"},
         {"EXPUNGE", "expunge"}});
}

TEST(ServerParseMessages, WithoutSavedResults) {
    Options options = loopback_options();
    options.without = {"SEARCHRES", "UIDPLUS", "CONDSTORE"};
    Driver server = selected("", options);
    expect_rows(server, {{"COPY $ a", "BAD \"$\" is not available"},
                         {"UID EXPUNGE 1", "BAD UID EXPUNGE is not available"},
                         {"STORE 1 (UNCHANGEDSINCE 1) FLAGS ()", "BAD store-modifier expected at octet 11"}});
}

}  // namespace
}  // namespace mailpipe::imap::server::test
