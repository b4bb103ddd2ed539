#include "mailpipe/imap/server/write_response.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap::server {
namespace {

using namespace std::string_literals;

TEST(WriteResponse, Strings) {
    struct Row {
        std::string text;
        bool utf8;
        std::string written;
    };
    for (const Row& row : {
             Row{"", false, "\"\""},
             {"a \"b\" \\c", false, R"("a \"b\" \\c")"},
             {"a\tb", false, "\"a\tb\""},
             {"a\r\nb", false, "{4}\r\na\r\nb"},
             {"\x01", true, "{1}\r\n\x01"},
             {"\x7F", false, "{1}\r\n\x7F"},
             {"caf\xC3\xA9", false, "{5}\r\ncaf\xC3\xA9"},
             {"caf\xC3\xA9", true, "\"caf\xC3\xA9\""},
             {"caf\xE9", true, "{4}\r\ncaf\xE9"},
             {std::string(1000, 'x'), false, "\"" + std::string(1000, 'x') + "\""},
             {std::string(1001, 'x'), false, "{1001}\r\n" + std::string(1001, 'x')},
         }) {
        std::string out;
        write_string(out, row.text, row.utf8);
        EXPECT_EQ(out, row.written);
    }
}

TEST(WriteResponse, Mailboxes) {
    struct Row {
        std::string name;
        bool utf8;
        std::string written;
    };
    for (const Row& row : {
             Row{"INBOX", false, "INBOX"},
             {"a/b", false, "a/b"},
             {"", false, "\"\""},
             {"nil", false, "\"nil\""},
             {"a b", false, "\"a b\""},
             {"50%", true, "\"50%\""},
             {"a]", false, "\"a]\""},
             {"R&D", false, "R&-D"},
             {"R&D", true, "R&D"},
             {"Entw\xC3\xBCrfe", false, "Entw&APw-rfe"},
             {"Entw\xC3\xBCrfe", true, "\"Entw\xC3\xBCrfe\""},
         }) {
        std::string out;
        write_mailbox(out, row.name, row.utf8);
        EXPECT_EQ(out, row.written);
    }
}

TEST(WriteResponse, FlagsNumbersAndDates) {
    std::string out;
    write_flags(out, {});
    write_flags(out, {"\\Seen"});
    write_flags(out, {"\\Seen", "$Forwarded"});
    EXPECT_EQ(out, "()(\\Seen)(\\Seen $Forwarded)");
    out.clear();
    write_number(out, 0);
    write_number(out, UINT64_MAX);
    EXPECT_EQ(out, "018446744073709551615");
    out.clear();
    write_date_time(out, 837571465);
    EXPECT_EQ(out, "\"17-Jul-1996 02:44:25 +0000\"");
    out.clear();
    write_date_time(out, 0);
    EXPECT_EQ(out, "\" 1-Jan-1970 00:00:00 +0000\"");
}

}  // namespace
}  // namespace mailpipe::imap::server
