#include "mailpipe/app/display_width.hpp"

#include <gtest/gtest.h>
#include <unicode/brkiter.h>

#include <memory>
#include <random>
#include <vector>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

struct Row {
    std::string text;
    std::size_t columns;
    std::size_t clusters;
};

std::size_t count_clusters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(cluster_length(text));
    return count;
}

TEST(DisplayWidth, OfScriptsAndEmoji) {
    const Row rows[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"K\u00f6ln", 4, 4},
        {"Ko\u0308ln", 4, 4},
        {"\u65e5\u672c", 4, 2},
        {"\uff21\uff71", 3, 2},  // fullwidth, halfwidth
        {"\uac00\u1100\u1161\u11a8", 4, 2},
        {"\u0e01\u0e33\u0e34", 2, 1},
        {"\u0915\u093f", 2, 1},
        {"\u05d0\u05b8", 1, 1},
        {"\U0001F4EC", 2, 1},
        {"\u2709", 1, 1},
        {"\u2709\ufe0f", 2, 1},
        {"\U0001F468\u200d\U0001F469\u200d\U0001F467", 2, 1},
        {"\U0001F44D\U0001F3FD", 2, 1},
        {"\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 4, 2},
        {"1\ufe0f\u20e3", 2, 1},
        {"\u00a9\u0301", 1, 1},
        {"a\u200bb", 2, 3},
        {"\u0301", 0, 1},
        {"\u00e4\u03b1\u2026", 3, 3},  // East Asian ambiguous
        {"\xFF\xC3", 2, 2},
        {"a\xFF\u0301", 2, 3},
        {"\r\n", 2, 1},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        EXPECT_EQ(display_width(row.text), row.columns);
        EXPECT_EQ(count_clusters(row.text), row.clusters);
    }
}

// The ends of the clusters, in octets.
std::vector<std::size_t> by_icu(const std::string& text) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> iterator(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    UText* view = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
    iterator->setText(view, status);
    EXPECT_TRUE(U_SUCCESS(status));
    std::vector<std::size_t> ends;
    iterator->first();
    for (int end = iterator->next(); end != icu::BreakIterator::DONE; end = iterator->next())
        ends.push_back(static_cast<std::size_t>(end));
    utext_close(view);
    return ends;
}

TEST(DisplayWidth, ClustersAreThoseOfIcu) {
    // Something of each value of Grapheme_Cluster_Break, and neighbours; no virama, behind which ICU joins the
    // consonants of Indic scripts as CLDR does beyond UAX #29.
    const std::vector<char32_t> points = {
        'a',    0x0D,   0x0A,   0x01,   0x300,   0x93F,   0x600,   0x1100,  0x1161, 0x11A8,
        0xAC00, 0xAC01, 0x200D, 0xFE0F, 0x1F1E6, 0x1F468, 0x1F3FD, 0x2709,  0xA9,   0x200B,
        0x4E00, 0x915,  0xE33,  0xE34,  0xE0061, 0x20E3,  0x110BD, 0x1F3F4, 0xFEFF,
    };
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (int i = 0; i < 6; ++i)
            append_utf8(points[random() % points.size()], text);
        std::vector<std::size_t> ends;
        for (std::size_t at = 0; at < text.size();)
            ends.push_back(at += cluster_length(std::string_view(text).substr(at)));
        ASSERT_EQ(ends, by_icu(text)) << testing::PrintToString(text);
    }
}

TEST(DisplayWidth, FitIsExact) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "    "},
        {"abc", "abc "},
        {"abcd", "abcd"},
        {"abcde", "abc\u2026"},
        {"\u65e5\u672c", "\u65e5\u672c"},
        {"\u65e5\u672c\u8a9e", "\u65e5\u2026 "},
        {"ab\u65e5\u672c", "ab\u2026 "},
        {"abco\u0308\u0301x", "abc\u2026"},
        {"\U0001F468\u200d\U0001F469xyz", "\U0001F468\u200d\U0001F469x\u2026"},
    };
    for (const auto& [text, fitted] : rows) {
        EXPECT_EQ(fit(text, 4), fitted);
        EXPECT_EQ(display_width(fit(text, 4)), 4U) << text;
    }
    EXPECT_EQ(fit("abc", 0), "");
}

}  // namespace
}  // namespace mailpipe::app
