#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/imap_command.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(ImapCommand, SaysWhatItIsAndWhatItNames) {
    struct Row {
        const char* line;
        const char* verb;
        const char* name;
        bool follows = false;
    };
    const Row rows[] = {
        {"a NOOP", "NOOP", ""},
        {"a uid fetch 1 (FLAGS)", "FETCH", ""},
        {"a UID COPY 1:3,5 \"x y\"", "COPY", "x y"},
        {"a MOVE $ Trash", "MOVE", "Trash"},
        {"a UID REPLACE 4 Drafts (\\Seen) {3}", "REPLACE", "Drafts"},
        {"a select \"a\\\"b\\\\\" (CONDSTORE)", "SELECT", "a\"b\\"},
        {"a STATUS {5}", "STATUS", "", true},
        {"a COPY 1 {5+}", "COPY", "", true},
        {"a APPEND box {5}", "APPEND", "box"},
        {"a LOGIN bob {5}", "LOGIN", "bob"},
        {"a LOGIN \"{5}", "LOGIN", "{5}"},
        {"a GETMETADATA (MAXSIZE 9 DEPTH 1) box (/shared)", "GETMETADATA", "box"},
        {"a GETMETADATA \"\" /shared/x", "GETMETADATA", ""},
        {"a RENAME one two", "RENAME", "one"},
        {"a SELECT", "SELECT", ""},
        {"a", "", ""},
        {"", "", ""},
    };
    for (const Row& row : rows) {
        const ImapCommand command = parse_imap_command(row.line);
        EXPECT_EQ(command.verb, row.verb) << row.line;
        EXPECT_EQ(command.name, row.name) << row.line;
        EXPECT_EQ(command.name_follows, row.follows) << row.line;
    }
    EXPECT_EQ(parse_imap_command("a.1 NOOP").tag, "a.1");
    EXPECT_EQ(parse_imap_command("a LOGIN \"bob\" x").name_end, 13U);
}

}  // namespace
}  // namespace mailpipe::app::serve
