#include "mailpipe/store/dovecot_uidlist.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::store {
namespace {

std::string shown(std::string_view text) {
    std::string lines;
    const auto header = parse_dovecot_uidlist(text, [&lines](const DovecotUidlistLine& line) {
        lines += std::to_string(line.uid) + " " + std::string(line.filename);
        if (line.uidl) lines += " P" + std::string(*line.uidl);
        if (line.size) lines += " W" + std::to_string(*line.size);
        lines += "\n";
    });
    if (!header) return "none";
    return std::to_string(header->uid_validity) + " " + std::to_string(header->uid_next) + "\n" + lines;
}

TEST(DovecotUidlist, IsRead) {
    const std::pair<const char*, const char*> rows[] = {
        {"3 V12 N5 Gx\n1 W7 Pold :a b\n2 :c\n", "12 5\n1 a b Pold W7\n2 c\n"},
        {"1 12 5\n1 a\n", "12 5\n1 a\n"},
        {"3 V12\nx :a\n0 :b\n3 :c\n4 :torn", "12 1\n3 c\n"},
        {"3 N5\n", "none"},
        {"2 V12 N5\n", "none"},
        {"", "none"},
        {"3 V4294967296 N5\n", "none"},
    };
    for (const auto& [text, expected] : rows)
        EXPECT_EQ(shown(text), expected);
}

}  // namespace
}  // namespace mailpipe::store
