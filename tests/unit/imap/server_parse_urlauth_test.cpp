#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseUrlauth, Commands) {
    expect_rows({
        {"GENURLAUTH \"imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred\" INTERNAL",
         "genurlauth [imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred] INTERNAL"},
        {"GENURLAUTH a internal b internal", "genurlauth [a] INTERNAL [b] INTERNAL"},
        {"GENURLAUTH a", "BAD SP expected at octet 14"},
        {"GENURLAUTH \"a b\" INTERNAL", "BAD url expected at octet 18"},
        {"RESETKEY", "resetkey []"},
        {"RESETKEY INBOX", "resetkey [INBOX]"},
        {"RESETKEY INBOX INTERNAL", "resetkey [INBOX]"},
        {"RESETKEY INBOX OTHER", "NO mechanism is not known"},
        {"URLFETCH a {1+}\r\nb", "urlfetch [a] [b]"},
        {"URLFETCH (a BODYPARTSTRUCTURE BINARY) (b BODY)",
         "urlfetch [a] extended structure binary [b] extended body"},
        {"URLFETCH (a BODY BINARY)", "BAD BODY and BINARY exclude each other"},
        {"URLFETCH (a X)", "BAD url-fetch-param is not known"},
        {"URLFETCH", "BAD SP expected at octet 10"},
    });
}

}  // namespace
}  // namespace mailpipe::imap::server::test
