#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseSearch, Search) {
    expect_rows({
        {"SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
         "search: FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\""},
        {"UID SEARCH UNSEEN", "uid search: UNSEEN"},
        {"SEARCH CHARSET utf-8 ALL", "search: ALL"},
        {"SEARCH CHARSET KOI8-R ALL", "NO [BADCHARSET (US-ASCII UTF-8)] charset is not known"},
        {"SEARCH RETURN (SAVE) CHARSET KOI8-R ALL", "search return save bad charset"},
        {"SEARCH UIDAFTER 5 NOT UIDBEFORE 7", "search: UID 6:4294967294 NOT UID 1:6"},
        {"SEARCH RETURN (MIN COUNT) DELETED", "search return min count: DELETED"},
        {"SEARCH RETURN () ALL", "search return all: ALL"},
        {"SEARCH RETURN (SAVE) ALL", "search return save: ALL"},
        {"UID SEARCH RETURN (PARTIAL 23500:24000 UPDATE CONTEXT) ALL",
         "uid search return update context partial 23500:24000: ALL"},
        {"SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (TO)])) ALL",
         "search return count update of UID BODY[HEADER.FIELDS (TO)]!: ALL"},
        {"SEARCH RETURN (UPDATE(FLAGS) COUNT) ALL", "search return count update of FLAGS: ALL"},
        {"SEARCH RETURN (UPDATE ()) ALL", "BAD fetch-att expected at octet 25"},
        {"SEARCH RETURN (UPDATE (FAST)) ALL", "BAD fetch-att expected at octet 25"},
        {"SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "BAD PARTIAL and ALL exclude each other"},
        {"SEARCH RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL", "BAD one PARTIAL expected at octet 37"},
        {"SEARCH RETURN (X) ALL", "BAD search-return-opt is not known"},
        {"SEARCH RETURN (ALL)", "BAD SP expected at octet 21"},
        {"SEARCH SUBJECT {3+}\r\na b UNSEEN", "search: SUBJECT \"a b\" UNSEEN"},
        {"SEARCH 2:4,7 MODSEQ 620162338", "search: 2:4,7 MODSEQ 620162338"},
        {"SEARCH $ NEW", "search: $ (RECENT UNSEEN)"},
    });
}

TEST(ServerParseSearch, Malformed) {
    Driver server = selected();
    for (const std::string_view command :
         {"SEARCH", "SEARCH ", "SEARCH X", "SEARCH NOT", "SEARCH (ALL", "SEARCH ALL)", "SEARCH CHARSET UTF-8",
          "SORT (DATE) UTF-8", "SORT DATE UTF-8 ALL", "SORT () UTF-8 ALL", "SORT (X) UTF-8 ALL",
          "THREAD X UTF-8 ALL", "THREAD REFERENCES UTF-8", "CANCELUPDATE", "CANCELUPDATE a",
          "ESEARCH IN () ALL", "ESEARCH IN (mailboxes) ALL", "ESEARCH IN (personal (x)) ALL"}) {
        EXPECT_TRUE(read_as(server, command).starts_with("BAD ")) << command;
        server.talk("n NOOP\r\n");
    }
}

TEST(ServerParseSearch, SortAndThread) {
    expect_rows({
        {"SORT (REVERSE DATE SUBJECT) UTF-8 UNDELETED", "sort (REVERSE DATE SUBJECT): UNDELETED"},
        {"UID SORT RETURN (MIN PARTIAL 1:2) (DISPLAYFROM) US-ASCII ALL",
         "uid sort return min partial 1:2 (DISPLAYFROM): ALL"},
        {"SORT (DATE) \"X-UNKNOWN\" ALL", "NO [BADCHARSET (US-ASCII UTF-8)] charset is not known"},
        {"THREAD REFERENCES UTF-8 ALL", "thread references: ALL"},
        {"UID THREAD orderedsubject us-ascii SEEN", "uid thread orderedsubject: SEEN"},
        {"CANCELUPDATE \"a1\" \"b2\"", "cancelupdate [a1] [b2]"},
    });
}

TEST(ServerParseSearch, SeveralMailboxes) {
    expect_rows({
        {"ESEARCH ALL", "esearch return all: ALL"},
        {"ESEARCH IN (mailboxes (a \"b c\") subtree d personal) RETURN (COUNT) UNSEEN",
         "esearch mailboxes [a] [b c] subtree [d] personal return count: UNSEEN"},
        {"ESEARCH IN (selected) RETURN (SAVE) ALL",
         "BAD SAVE, UPDATE and CONTEXT are of the selected mailbox only"},
    });
    Driver server;
    server.login();
    EXPECT_EQ(read_as(server, "ESEARCH ALL"), "BAD no mailbox is selected");
    EXPECT_EQ(read_as(server, "ESEARCH IN (inboxes) ALL"), "esearch inboxes return all: ALL");
}

TEST(ServerParseSearch, KeysThatAreMasked) {
    Options options = loopback_options();
    options.without = {"WITHIN", "SEARCHRES", "CONDSTORE", "SAVEDATE", "OBJECTID", "SEARCH=FUZZY"};
    Driver server = selected("IMAP4rev2", options);
    for (const std::string_view keys :
         {"OLDER 5", "NOT YOUNGER 5", "OR ALL $", "(MODSEQ 5)", "SAVEDON 1-Jan-2026", "EMAILID a", "THREADID a",
          "FUZZY SUBJECT a", "SAVEDATESUPPORTED", "NEW", "NOT OLD", "RECENT"}) {
        EXPECT_TRUE(read_as(server, "SEARCH " + std::string(keys)).starts_with("BAD ")) << keys;
        server.talk("n NOOP\r\n");
    }
    Driver uids = selected("UIDONLY");
    EXPECT_EQ(read_as(uids, "UID SEARCH NOT 1"),
              "BAD [UIDREQUIRED] message numbers are not used, UIDONLY is enabled");
    EXPECT_EQ(read_as(uids, "UID SEARCH UID 1"), "uid search: UID 1");
    Driver utf8 = selected("UTF8=ACCEPT");
    EXPECT_EQ(read_as(utf8, "SEARCH CHARSET UTF-8 ALL"), "BAD CHARSET although UTF8=ACCEPT is enabled");
    EXPECT_EQ(read_as(utf8, "SORT (DATE) UTF-8 ALL"), "sort (DATE): ALL");
}

TEST(ServerParseSearch, WhatIsMasked) {
    Options options = loopback_options();
    options.without = {"ESEARCH", "ESORT", "THREAD=REFERENCES", "SORT=DISPLAY", "MULTISEARCH"};
    Driver server = selected("", options);
    for (const std::string_view command :
         {"SEARCH RETURN () ALL", "SORT RETURN () (DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
          "SORT (DISPLAYTO) UTF-8 ALL", "ESEARCH ALL"}) {
        EXPECT_TRUE(read_as(server, command).starts_with("BAD ")) << command;
    }
    EXPECT_EQ(read_as(server, "THREAD ORDEREDSUBJECT UTF-8 ALL"), "thread orderedsubject: ALL");
}

}  // namespace
}  // namespace mailpipe::imap::server::test
