#include "mailpipe/app/show/extracted_name.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

// threats.md: path traversal by attachment; terminal escapes, bidi.
TEST(ExtractedName, NeverAPathAnOptionOrAHiddenFile) {
    const std::pair<std::string, std::string> rows[] = {
        {"report.pdf", "report.pdf"},
        {"Grüße aus Köln.txt", "Grüße aus Köln.txt"},
        {"/etc/passwd", "passwd"},
        {"../../.ssh/authorized_keys", "authorized_keys"},
        {"..\\..\\boot.ini", "boot.ini"},
        {"C:\\x\\y.exe", "y.exe"},
        {"..", "_."},
        {".", "_"},
        {".bashrc", "_bashrc"},
        {"-rf", "_rf"},
        {"a/", "part"},
        {"", "part"},
        {"  ", "part"},
        {"\t", "part"},
        {"a\nb", "a\uFFFDb"},
        {std::string("a\0b.txt", 7), "a\uFFFDb.txt"},
        {"\x1b[31mred", "\uFFFD[31mred"},
        {"cod\u202Egpj.exe", "cod\uFFFDgpj.exe"},
        {"a\xFF", "a\uFFFD"},
        {std::string(300, 'x') + ".tar.gz", std::string(197, 'x') + ".gz"},
        {"a." + std::string(300, 'x'), "a." + std::string(198, 'x')},
    };
    for (const auto& [name, safe] : rows)
        EXPECT_EQ(extracted_name(name, "part"), safe) << name;
    // Cut between two characters.
    std::string umlauts;
    for (int i = 0; i < 200; ++i)
        umlauts += "ü";
    EXPECT_EQ(extracted_name("a" + umlauts + ".txt", "").size(), 1U + 2 * 97 + 4);
}

TEST(ExtractedName, Numbered) {
    EXPECT_EQ(numbered_name("report.pdf", 2), "report-2.pdf");
    EXPECT_EQ(numbered_name("report", 3), "report-3");
    EXPECT_EQ(numbered_name("_x.", 3), "_x-3.");
}

}  // namespace
}  // namespace mailpipe::app
