#include "mailpipe/email/html_token.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

// Text as it is, a tag as <name|attributes>.
std::string tokens(std::string_view html) {
    std::string out;
    HtmlTokenizer tokenizer(html);
    for (HtmlToken token; tokenizer.next(token);) {
        if (token.kind == HtmlToken::Kind::text) {
            out += token.text;
        } else {
            out += (token.kind == HtmlToken::Kind::end_tag ? "</" : "<") + token.name + "|" +
                   std::string(token.attributes) + ">";
        }
    }
    return out;
}

struct Row {
    std::string html;
    std::string tokens;
};

TEST(HtmlToken, Tags) {
    const Row rows[] = {
        {"", ""},
        {"a<B>c</B >d<br/>", "a<b|>c</b| >d<br|/>"},
        {"<o:p>&nbsp;</o:p>", "<o:p|>&nbsp;</o:p|>"},
        {"<a title=\"a>b\" href='c>d'>e", "<a| title=\"a>b\" href='c>d'>e"},
        {"<a title=\"x>y", "<a| title=\"x>y"},
        {"<a href=\"x", "<a| href=\"x>"},
        {"a <!-- <b> --> c<!-->d<!--->e", "a  cde"},
        {"a<!-- b", "a"},
        {"<!DOCTYPE html><?xml ?>a</>b<!x", "ab"},
        {"1 < 2 <3 a<", "1 < 2 <3 a<"},
        {"<<b>", "<<b|>"},
        {"<SCRIPT>if (a < b) alert('</p>')</Script>c", "</script|>c"},
        {"<style>a</style", "</style|>"},
        {"<script>never closed", ""},
        {"<title>x</title><template><p>y</template>z", "</title|></template|>z"},
        {"<svg/>a<svg>b</svg>c", "a</svg|>c"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.html);
        EXPECT_EQ(tokens(row.html), row.tokens);
    }
}

TEST(HtmlToken, Attributes) {
    const std::string_view text = " a=1 B = \"x &amp; &copy=y\" c='z' d e=\"\" /a=2 =f g=h/i";
    const std::pair<const char*, const char*> rows[] = {
        {"a", "1"}, {"b", "x & &copy=y"}, {"c", "z"}, {"d", ""}, {"e", ""}, {"=f", ""}, {"G", "h/i"}};
    for (const auto& [name, value] : rows)
        EXPECT_EQ(html_attribute(text, name), value) << name;
    EXPECT_EQ(html_attribute(text, "x"), std::nullopt);
    EXPECT_EQ(html_attribute(" a=\"b", "a"), "b");
    EXPECT_EQ(html_attribute(" a=", "a"), "");
    EXPECT_EQ(html_attribute("", "a"), std::nullopt);
}

}  // namespace
}  // namespace mailpipe::email
