#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseMetadata, Commands) {
    expect_rows({
        {"GETMETADATA \"\" /shared/comment", "getmetadata [] [/shared/comment]"},
        {"GETMETADATA INBOX (/shared/Comment \"/private/comment\")",
         "getmetadata [INBOX] [/shared/comment] [/private/comment]"},
        {"GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX /shared/comment",
         "getmetadata [INBOX] [/shared/comment] maxsize 1024 depth infinity"},
        {"GETMETADATA INBOX (DEPTH 1) (/private/filters/values)",
         "getmetadata [INBOX] [/private/filters/values] depth 1"},
        {"GETMETADATA (DEPTH 2) INBOX /shared/comment", "BAD 0, 1 or infinity expected at octet 21"},
        {"GETMETADATA INBOX comment", "BAD entry such as /private/comment expected at octet 27"},
        {"GETMETADATA INBOX \"/shared/*\"", "BAD entry such as /private/comment expected at octet 31"},
        {"GETMETADATA INBOX /shared//x", "BAD entry such as /private/comment expected at octet 30"},
        {"GETMETADATA INBOX /shared/", "BAD entry such as /private/comment expected at octet 28"},
        {"SETMETADATA INBOX (/private/comment {11+}\r\nMy \r\ncomment /shared/comment NIL)",
         "BAD \")\" expected at octet 43"},
        {"SETMETADATA INBOX (/private/comment {12+}\r\nMy \r\ncomment /shared/comment NIL)",
         "setmetadata [INBOX] /private/comment=My \r\ncomment /shared/comment"},
        {"SETMETADATA INBOX (/private/comment ~{2+}\r\n\r\n)", "setmetadata [INBOX] /private/comment=\r\n"},
        {"SETMETADATA INBOX (/private/comment \"\")", "setmetadata [INBOX] /private/comment="},
        {"SETMETADATA INBOX ()", "BAD entry expected at octet 21"},
    });
}

TEST(ServerParseMetadata, OfTheServerOnly) {
    Options options = loopback_options();
    options.without = {"METADATA"};
    Driver server = selected("", options);
    expect_rows(server, {{"GETMETADATA \"\" /shared/comment", "getmetadata [] [/shared/comment]"},
                         {"GETMETADATA a /shared/comment", "BAD METADATA is not available"}});
}

}  // namespace
}  // namespace mailpipe::imap::server::test
