#include "mailpipe/app/show/html_view.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/show/layout.hpp"
#include "tests/support/counted_work.hpp"

namespace mailpipe::app {
namespace {

std::string shown(std::string_view html, std::size_t width = 0) {
    return lay_out(html_blocks(html, width), {.width = width});
}

struct Row {
    std::string html;
    std::string text;
};

void expect(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        SCOPED_TRACE(row.html);
        EXPECT_EQ(shown(row.html), row.text);
    }
}

TEST(ShowHtml, Paragraphs) {
    expect({
        {"", ""},
        {"a\n  b\t<b>c</b> d", "a b c d\n"},
        {"<p>a</p><p>b</p>c", "a\n\nb\n\nc\n"},
        {"<p>a<p>b", "a\n\nb\n"},
        {"<div>a</div><div>b<div>c</div></div>", "a\nb\nc\n"},
        {"a<br>b<br><br>c<br><br><br>d", "a\nb\n\nc\n\nd\n"},
        {"<div>a</div><div><br></div><div>b</div>", "a\n\nb\n"},
        {"<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb\n"},
        {"<h1>a</h1>b<h2>c</h2>d", "a\n\nb\n\nc\n\nd\n"},
        {"a<hr>b", "a\n----------------------------------------\nb\n"},
        {"&lt;p&gt; &amp;amp; &euro;5&nbsp;&nbsp;x", "<p> &amp; \u20ac5  x\n"},
        {"ex\u00adam&shy;ple", "example\n"},
        {"a \u200c\u00a0\u200c\u00a0\u034f b\u200cc", "a    b\u200cc\n"},
        {"</p></div></ul></td></table></blockquote></a></pre>a", "a\n"},
    });
}

TEST(ShowHtml, WhatIsNeverShown) {
    expect({
        {"<head><title>t</title><style>s{}</style></head><body>b<script>x</script></body>", "b\n"},
        {"a<!-- c --><iframe src=x>i</iframe><template>t</template><svg><text>s</text></svg>b", "ab\n"},
        {"a<div hidden>b<div>c</div></div>d<span style='Display : NONE'>e</span>f", "adf\n"},
        {"a<p hidden>b</p>c<img style=\"display:none\" alt=x>d", "a\n\nb\n\nc[x]d\n"},
        // One that never ends hides nothing.
        {"a<div style=\"display:none\">b", "a\nb\n"},
        {"<scr<script>ipt>a</script>b", "ipt>ab\n"},
    });
}

TEST(ShowHtml, Links) {
    expect({
        {"<a href=\"https://example.org/?a=1&amp;b=2\">here</a>.",
         "here[1].\n\n[1] https://example.org/?a=1&b=2\n"},
        {"<a href=x>a</a> <a href=y>b</a> <a href=x>c</a>", "a[1] b[2] c[1]\n\n[1] x\n[2] y\n"},
        {"<a href=\"https://example.org/\">example.org</a> <a href='mailto:a@b'>a@b</a>", "example.org a@b\n"},
        // What only looks like its target is told.
        {"<a href=\"https://evil.example\">https://bank.example</a>",
         "https://bank.example[1]\n\n[1] https://evil.example\n"},
        {"<a href='#top'>a</a><a>b</a><a href=''>c</a><a href='JavaScript:x()'>d</a><a href='data:x'>e</a>",
         "abcde\n"},
        {"<a href=x>a<a href=y>b", "a[1]b[2]\n\n[1] x\n[2] y\n"},
        {"<a href=x><p>a</p></a><p>b</p>", "a[1]\n\nb\n\n[1] x\n"},
        {"<a href=' h\nttps://x\t'>a </a>b", "a[1]b\n\n[1] https://x\n"},
        {"<a href=x><img src=y></a>", "[1]\n\n[1] x\n"},
        {"<img src=x alt='A picture'><img src=y><img src=z alt=' '>", "[A picture]\n"},
    });
}

TEST(ShowHtml, ListsAndQuotes) {
    expect({
        {"a<ul><li>b<li>c</ul>d", "a\n\n  * b\n  * c\n\nd\n"},
        {"<ol start=9><li>a</li><li>b<br>c</li></ol>", " 9. a\n10. b\n    c\n"},
        {"<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>", "  * a\n     1. b\n  * c\n"},
        {"<ul><li><p>a</p><p>b</p></li></ul>", "  * a\n\n    b\n"},
        {"<li>a", "  * a\n"},
        {"<dl><dt>a<dd>b</dl>c", "a\n    b\n\nc\n"},
        {"a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n\n> b\n>\n>> c\n>\n> d\n\ne\n"},
        {"<blockquote><ul><li>a</ul></blockquote>", ">   * a\n"},
        {"<pre>\na  b\n\n  c</pre>d", "a  b\n\n  c\n\nd\n"},
        {"<blockquote><pre>a\n b</pre></blockquote>", "> a\n>  b\n"},
    });
    EXPECT_EQ(shown("<blockquote>one two three<ol><li>four five six</ol></blockquote>", 14),
              "> one two\n> three\n>\n>  1. four five\n>     six\n");
}

TEST(ShowHtml, Tables) {
    expect({
        {"<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>5 &euro;</td></tr></table>after",
         "Item  Price\nTea   5 \u20ac\nafter\n"},
        {"<table><tr><td>\u65e5\u672c<td>a<tr><td>b<td>c</table>", "\u65e5\u672c  a\nb     c\n"},
        {"<table><tr><td>a<td><td>b<tr><td>c<td> <td>d</table>", "a  b\nc  d\n"},
        // Layout: one row, one column, or cells with more than a line.
        {"<table><tr><td>Home</td><td>Shop</td><td></td><td>Help</td></tr></table>", "Home  Shop  Help\n"},
        {"<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\nb\n"},
        {"<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a\n\nb\nc\n"},
        {"<table><tr><td><table><tr><td>a<td>b<tr><td>cc<td>d</table></td></tr></table>", "a   b\ncc  d\n"},
        {"<blockquote><table><tr><td>a<td>b<tr><td>cc<td>d</table></blockquote>", "> a   b\n> cc  d\n"},
        {"<ul><li><table><tr><td>a<td>b<tr><td>cc<td>d</table></ul>", "  * a   b\n    cc  d\n"},
        {"<tr><td>a</td><td>b", "a\nb\n"},
        {"<table>a<tr>b<td>c", "a\nb\nc\n"},
        {"<table><tr><td><a href=x>a</a></td></tr></table>", "a[1]\n\n[1] x\n"},
    });
    const std::string wide = "<table><tr><td>one two<td>three<tr><td>four<td>five six</table>";
    EXPECT_EQ(shown(wide, 17), "one two  three\nfour     five six\n");
    EXPECT_EQ(shown(wide, 16), "one two  three\nfour  five six\n");
}

// threats.md: MIME bombs
TEST(ShowHtml, LinearInWhatIsNestedOrNeverEnds) {
    for (const char* element : {"<table><tr><td>a", "<blockquote>a", "<ul><li>a", "<pre>a\n", "<a href=x>a",
                                "<div style=display:none>a", "<a href=\"", "<script>", "<!--", "<a <", "&amp",
                                "& ", "a\u0301", "\u65e5", "> "}) {
        tests::count_doubling(
            "html " + testing::PrintToString(std::string(element)),
            [&](std::size_t n) {
                std::string html;
                for (std::size_t i = 0; i < n; ++i)
                    html += element;
                return html;
            },
            [](const std::string& html) { lay_out(html_blocks(html, 80), {.width = 80}); });
    }
}

TEST(ShowHtml, NestingIsBounded) {
    for (const char* element : {"<table><tr><td>a", "<blockquote>a", "<ul><li>a", "<ol>a", "<pre>a\n",
                                "<a href=x>a", "<div style=display:none>a", "<h1>a"}) {
        std::string html;
        while (html.size() < 200'000)
            html += element;
        const std::string text = shown(html, 80);
        EXPECT_LT(text.size(), 20 * html.size()) << element;
        EXPECT_NE(text.find('a'), std::string::npos) << element;
    }
}

}  // namespace
}  // namespace mailpipe::app
