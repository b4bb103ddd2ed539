#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseAcl, Commands) {
    expect_rows({
        {"GETACL INBOX", "getacl [INBOX]"},
        {"SETACL INBOX fred lrs", "setacl [INBOX] [fred] lrs"},
        {"SETACL INBOX \"-fred b\" +lrswipkxtecda", "setacl [INBOX] [-fred b] +lrswipkxtecda"},
        {"SETACL INBOX anyone -w1", "setacl [INBOX] [anyone] -w1"},
        {"SETACL INBOX anyone \"\"", "setacl [INBOX] [anyone] "},
        {"SETACL INBOX anyone LRS", "BAD rights in lower case expected at octet 25"},
        {"SETACL INBOX \"\" l", "BAD identifier in UTF-8 expected at octet 17"},
        {"SETACL INBOX {3+}\r\na\nb l", "BAD identifier in UTF-8 expected at octet 19"},
        {"SETACL INBOX {1+}\r\n\xFC l", "BAD identifier in UTF-8 expected at octet 19"},
        {"SETACL INBOX fred", "BAD SP expected at octet 19"},
        {"DELETEACL INBOX fred", "deleteacl [INBOX] [fred]"},
        {"LISTRIGHTS ~/Mail/saved smith", "listrights [~/Mail/saved] [smith]"},
        {"MYRIGHTS INBOX", "myrights [INBOX]"},
        {"MYRIGHTS", "BAD SP expected at octet 10"},
    });
}

}  // namespace
}  // namespace mailpipe::imap::server::test
