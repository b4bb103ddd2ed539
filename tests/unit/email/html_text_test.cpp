#include "mailpipe/email/html_text.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

struct Row {
    std::string html;
    std::string text;
};

TEST(HtmlText, Strip) {
    const Row rows[] = {
        {"<p>Hello <b>world</b></p>", "Hello world\n"},
        {"a<br>b<br/>c", "a\nb\nc\n"},
        {"<html><head><title>t</title><style>x{}</style></head><body>b</body></html>", "b\n"},
        {"<SCRIPT>if (a < b) alert('</p>')</Script>text", "text\n"},
        {"a <!-- c > --> b", "a b\n"},
        {"a &amp; b &lt;c&gt; &#8364; &#x20AC; &nbsp;d", "a & b <c> \u20ac \u20ac  d\n"},
        {"&unknown; & &#xD800; &#99999999999; &;", "&unknown; & \uFFFD \uFFFD &;\n"},
        {"1 < 2", "1 < 2\n"},
        {"a\n\n  b\tc", "a b c\n"},
        {"<script>never closed", ""},
        {"<!-- never closed", ""},
        {"<a href=\"x", ""},
        {"", ""},
        {"<", "<\n"},
        {"&#10;&#x1b;", "\x1b\n"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.html);
        EXPECT_EQ(html_text(row.html), row.text);
    }
}

}  // namespace
}  // namespace mailpipe::email
