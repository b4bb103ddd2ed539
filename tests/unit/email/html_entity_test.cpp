#include "mailpipe/email/html_entity.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/html_entity_table.hpp"

namespace mailpipe::email {
namespace {

struct Row {
    std::string text;
    std::string decoded;
    bool in_attribute = false;
};

TEST(HtmlEntity, Decode) {
    const Row rows[] = {
        {"", ""},
        {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
        {"&AElig;&zwnj;&zwj;&Aacute;", "\u00c6\u200c\u200d\u00c1"},
        {"&CounterClockwiseContourIntegral;", "\u2233"},
        {"&nvlt;&NotEqualTilde;", "<\u20d2\u2242\u0338"},
        {"&bne;&fjlig;", "=\u20e5fj"},
        {"&Afr;", "\U0001D504"},
        // Without a semicolon: only the old names, of which the longest counts.
        {"&ampx &amp", "&x &"},
        {"&notit; &notin; &not", "\u00acit; \u2209 \u00ac"},
        {"&Acirc &zwj &sup1&sup", "\u00c2 &zwj \u00b9&sup"},
        {"?a=1&copy=2&reg2&lt;&para", "?a=1&copy=2&reg2<\u00b6", true},
        {"?a=1&copy=2", "?a=1\u00a9=2"},
        // Numbers.
        {"&#65;&#x42;&#X43;&#68&#x45;", "ABCDE"},
        {"&#0;&#xD800;&#x110000;&#99999999999999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"&#128;&#x9F;&#129;&#150;", "\u20ac\u0178\u0081\u2013"},
        {"&#-1;&#+1;&#x;&#;&#x g;", "&#-1;&#+1;&#x;&#;&#x g;"},
        // What is none.
        {"& &; &a &unknown; &AMPERSANDSANDSOFORTHANDSOFORTHANDSO;",
         "& &; &a &unknown; &ERSANDSANDSOFORTHANDSOFORTHANDSO;"},
        {"&", "&"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        EXPECT_EQ(decode_html_references(row.text, row.in_attribute), row.decoded);
    }
}

// Each entry is found, whatever stands beside it.
TEST(HtmlEntity, WholeTable) {
    std::string_view table = kHtmlEntities;
    std::size_t entries = 0;
    std::string previous;
    while (!table.empty()) {
        const std::string_view entry = table.substr(0, table.find(','));
        const std::string name(entry.substr(0, entry.find_first_of("=:")));
        EXPECT_LT(previous, name);
        std::string out;
        EXPECT_EQ(append_html_reference("&" + name + ";x", true, out), name.size() + 2) << name;
        EXPECT_TRUE(is_utf8(out) && !out.empty()) << name;
        previous = name;
        table.remove_prefix(entry.size() + 1);
        ++entries;
    }
    EXPECT_EQ(entries, 2125U);
}

}  // namespace
}  // namespace mailpipe::email
