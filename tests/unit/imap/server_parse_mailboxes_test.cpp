#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseMailboxes, Select) {
    expect_rows({
        {"SELECT INBOX", "select [INBOX]"},
        {"SELECT \"inBox\"", "select [INBOX]"},
        {"SELECT {5+}\r\nInbox", "select [INBOX]"},
        {"EXAMINE blurdybloop", "examine [blurdybloop]"},
        {"SELECT a]b", "select [a]b]"},
        {"select \"a \\\"b\\\" \\\\\"", "select [a \"b\" \\]"},
        {"SELECT Entw&APw-rfe", "select [Entw\xC3\xBCrfe]"},
        {"SELECT R&-D", "select [R&D]"},
        {"SELECT R&D", "BAD mailbox name in modified UTF-7 expected at octet 9"},
        {"SELECT {2+}\r\n\xC3\xBC", "BAD mailbox name in modified UTF-7 expected at octet 9"},
        {"SELECT \"\xC3\xBC\"", "BAD mailbox expected at octet 9"},
        {"SELECT \xC3\xBC", "BAD mailbox expected at octet 9"},
        {"SELECT \"\"", "BAD mailbox name that is not empty expected at octet 9"},
        {"SELECT", "BAD SP expected at octet 8"},
        {"SELECT ", "BAD mailbox expected at octet 9"},
        {"SELECT  INBOX", "BAD mailbox expected at octet 9"},
        {"SELECT INBOX ", "BAD select-params expected at octet 15"},
        {"SELECT a b", "BAD select-params expected at octet 11"},
        {"SELECT a%", "BAD end of the command expected at octet 10"},
        {"SELECT \"a", "BAD mailbox expected at octet 9"},
        {"SELECT \"a\\b\"", "BAD mailbox expected at octet 9"},
        {"SELECT \"a\x01\"", "BAD mailbox name in modified UTF-7 expected at octet 9"},
    });
}

TEST(ServerParseMailboxes, SelectWithParameters) {
    expect_rows({
        {"SELECT a (CONDSTORE)", "select [a] condstore"},
        {"SELECT a ()", "BAD select-param expected at octet 12"},
        {"SELECT a (X)", "BAD select-param is not known"},
        {"SELECT a (QRESYNC (1 2))", "BAD QRESYNC is not enabled"},
    });
    Driver server = selected("QRESYNC");
    expect_rows(
        server,
        {
            {"SELECT a (QRESYNC (67890007 20050715194045000))",
             "select [a] condstore qresync 67890007 20050715194045000"},
            {"SELECT a (QRESYNC (1 2 41,43:60))", "select [a] condstore qresync 1 2 known 41,43:60"},
            {"SELECT a (QRESYNC (1 2 1:90 (1,5 6,9)))",
             "select [a] condstore qresync 1 2 known 1:90 match 1,5 6,9"},
            {"SELECT a (QRESYNC (1 2 (1 6)))", "select [a] condstore qresync 1 2 match 1 6"},
            {"SELECT a (QRESYNC (1 2 1:*))", "BAD set of known numbers expected at octet 28"},
            {"SELECT a (QRESYNC (0 2))", "BAD uidvalidity expected at octet 21"},
            {"SELECT a (QRESYNC (1 0))", "BAD mod-sequence-value expected at octet 24"},
            {"SELECT a (QRESYNC (1 9223372036854775808))", "BAD mod-sequence-value expected at octet 23"},
            {"SELECT a (QRESYNC (1 2) QRESYNC (1 2))", "BAD one QRESYNC expected at octet 33"},
            {"SELECT a (QRESYNC (1 2)", "BAD \")\" expected at octet 25"},
        });
}

TEST(ServerParseMailboxes, NamesInUtf8) {
    Driver server = selected("UTF8=ACCEPT");
    expect_rows(server, {
                            {"SELECT \"\xC3\xBC\"", "select [\xC3\xBC]"},
                            {"SELECT {2+}\r\n\xC3\xBC", "select [\xC3\xBC]"},
                            {"SELECT {1+}\r\n\xFC", "BAD mailbox name in UTF-8 expected at octet 9"},
                            {"SELECT \"\xFC\"", "BAD mailbox expected at octet 9"},
                            {"SELECT R&D", "select [R&D]"},
                        });
}

TEST(ServerParseMailboxes, Others) {
    expect_rows({
        {"CREATE a/b/", "create [a/b]"},
        {"CREATE a (USE (\\sent \\Drafts))", "create [a] [\\Sent] [\\Drafts]"},
        {"CREATE a (USE ())", "create [a]"},
        {"CREATE a (USE \\Sent)", "BAD \"(\" of USE expected at octet 16"},
        {"CREATE a (X)", "BAD create-param expected at octet 12"},
        {"DELETE a", "delete [a]"},
        {"DELETE a b", "BAD end of the command expected at octet 10"},
        {"RENAME a b", "rename [a] [b]"},
        {"RENAME a", "BAD SP expected at octet 10"},
        {"SUBSCRIBE #news.comp", "subscribe [#news.comp]"},
        {"UNSUBSCRIBE a", "unsubscribe [a]"},
        {"NAMESPACE", "namespace"},
        {"NAMESPACE x", "BAD end of the command expected at octet 11"},
        {"STATUS a (MESSAGES uidnext UNSEEN UIDVALIDITY RECENT)",
         "status [a] messages uidnext unseen uidvalidity recent"},
        {"STATUS a (SIZE DELETED HIGHESTMODSEQ APPENDLIMIT MAILBOXID DELETED-STORAGE)",
         "status [a] size deleted highestmodseq appendlimit mailboxid deletedstorage"},
        {"STATUS a ()", "BAD status-att expected at octet 12"},
        {"STATUS a MESSAGES", "BAD \"(\" of status-att expected at octet 11"},
        {"STATUS a (X)", "BAD status-att is not known"},
    });
}

TEST(ServerParseMailboxes, NoRecentInRev2) {
    Driver server = selected("IMAP4rev2");
    expect_rows(server, {{"STATUS a (RECENT)", "BAD status-att is not known"},
                         {"STATUS \"\xC3\xBC\" (MESSAGES)", "status [\xC3\xBC] messages"}});
}

}  // namespace
}  // namespace mailpipe::imap::server::test
