#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseList, Basic) {
    expect_rows({
        {"LIST \"\" *", "list [] [*]"},
        {"LIST \"\" \"\"", "list [] []"},
        {"LIST ~/Mail/ %", "list [~/Mail/] [%]"},
        {"LIST \"\" inbox", "list [] [INBOX]"},
        {"LIST \"\" &APw-%", "list [] [\xC3\xBC%]"},
        {"LSUB \"#news.\" \"comp.mail.*\"", "lsub [#news.] [comp.mail.*]"},
        {"LSUB \"\" (a b)", "BAD list-mailbox expected at octet 10"},
        {"LIST \"\"", "BAD SP expected at octet 9"},
        {"LIST", "BAD SP expected at octet 6"},
        {"LIST \"\" * x", "BAD RETURN expected at octet 12"},
    });
}

TEST(ServerParseList, Extended) {
    expect_rows({
        {"LIST (SUBSCRIBED) \"\" \"*\"", "list extended only-subscribed [] [*]"},
        {"LIST () \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")", "list extended [] [INBOX] [Drafts] [Sent/%]"},
        {"LIST (SUBSCRIBED REMOTE RECURSIVEMATCH) \"\" %",
         "list extended only-subscribed remote recursive [] [%]"},
        {"LIST (SPECIAL-USE) \"\" *", "list extended only-special-use [] [*]"},
        {"LIST (RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs an option that selects"},
        {"LIST (REMOTE RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs an option that selects"},
        {"LIST (X) \"\" *", "BAD list-select-opt is not known"},
        {"LIST \"\" % RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS)",
         "list extended [] [%] subscribed children special-use myrights"},
        {"LIST \"\" % RETURN ()", "list extended [] [%]"},
        {"LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))", "list extended [] [%] status messages unseen"},
        {"LIST \"\" % RETURN (METADATA (\"/Shared/comment\" /private/comment))",
         "list extended [] [%] metadata [/shared/comment] [/private/comment]"},
        {"LIST \"\" % RETURN (X)", "BAD return-option is not known"},
        {"LIST \"\" % RETURN", "BAD SP expected at octet 18"},
        {"LIST \"\" ()", "BAD list-mailbox expected at octet 11"},
    });
}

TEST(ServerParseList, WhatIsMasked) {
    Options options = loopback_options();
    options.without = {"LIST-EXTENDED", "LIST-STATUS"};
    Driver server = selected("", options);
    expect_rows(server, {{"LIST (SUBSCRIBED) \"\" *", "BAD mailbox expected at octet 7"},
                         {"LIST \"\" * RETURN ()", "BAD end of the command expected at octet 11"},
                         {"LIST \"\" *", "list [] [*]"}});
}

}  // namespace
}  // namespace mailpipe::imap::server::test
