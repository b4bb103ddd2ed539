// threats.md: MIME bombs: parts, depth, cycles, RFC 2231, addresses. Linear: twice the input at most 2.5 times
// the work, which counted_work_test.py holds.
#include <gtest/gtest.h>

#include <functional>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/inline_file.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/part_tree.hpp"
#include "tests/support/counted_work.hpp"

namespace mailpipe::mime {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

std::string numbered(std::string_view before, std::string_view after, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += std::string(before) + std::to_string(i) + std::string(after);
    return out;
}

struct Bomb {
    std::string name;
    std::function<std::string(std::size_t)> make;  // text of a size that grows linearly with the argument
    std::function<void(const std::string&)> parse;
};

void parts(const std::string& text) {
    parse_parts(text);
}
void addresses(const std::string& text) {
    parse_address_list(text);
}
void words(const std::string& text) {
    decode_text(text);
}
void files(const std::string& text) {
    find_inline_files(text);
}
void parameters(const std::string& text) {
    parse_content_type(text);
}

// Boundaries of 60 open multiparts, each a prefix of the next one.
std::string nested_prefixes(std::size_t n) {
    std::string text;
    for (std::size_t i = 1; i <= 60; ++i) {
        text += "Content-Type: multipart/mixed; boundary=\"" + std::string(i, 'b') + "\"\n\n--" +
                std::string(i, 'b') + "\n";
    }
    return text + "\n" + repeat("--" + std::string(61, 'b') + "\n", n);
}

std::vector<Bomb> bombs() {
    const std::string mixed = "Content-Type: multipart/mixed; boundary=b\n\n";
    return {
        {"parts", [=](std::size_t n) { return mixed + repeat("--b\n\n", n); }, parts},
        {"parts without header", [=](std::size_t n) { return mixed + repeat("--b\nx\n", n); }, parts},
        {"depth",
         [](std::size_t n) { return numbered("Content-Type: multipart/mixed; boundary=b", "\n\n--b\n", n); },
         parts},
        {"nested messages", [](std::size_t n) { return repeat("Content-Type: message/rfc822\n\n", n); }, parts},
        {"messages of one part",
         [](std::size_t n) { return repeat("Content-Type: message/rfc822\n", n) + "\n"; }, parts},
        {"digest of digests",
         [](std::size_t n) { return repeat("Content-Type: multipart/digest; boundary=b\n\n--b\n\n", n); },
         parts},
        {"uuencoded files that do not end", [](std::size_t n) { return repeat("begin 644 a\n#0V%T\n", n); },
         files},
        {"base64 files that do not end", [](std::size_t n) { return repeat("begin-base64 644 a\nQ2F0\n", n); },
         files},
        {"yEnc files that do not end",
         [](std::size_t n) { return repeat("=ybegin line=1 size=1 name=a\nx\n", n); }, files},
        {"boundaries that never come", [=](std::size_t n) { return mixed + repeat("--bb\n", n); }, parts},
        {"boundaries that are prefixes", nested_prefixes, parts},
        {"the same boundary at each depth",
         [=](std::size_t n) { return repeat(mixed + "--b\n", 60) + "\n" + repeat("--b\n\n", n); }, parts},
        {"long line of dashes", [=](std::size_t n) { return mixed + std::string(n, '-'); }, parts},
        {"lines of dashes", [=](std::size_t n) { return mixed + repeat("-----------\n", n); }, parts},
        {"header fields", [](std::size_t n) { return repeat("a:\n", n) + "\n"; }, parts},
        {"folding", [](std::size_t n) { return "a:" + repeat("\n b", n); }, parts},
        {"header without end in each part", [=](std::size_t n) { return mixed + repeat("--b\na: b\n", n); },
         parts},
        {"RFC 2231 continuations", [](std::size_t n) { return "a/b" + numbered("; x*", "=y", n); }, parameters},
        {"RFC 2231 continuations, backwards",
         [](std::size_t n) {
             std::string text = "a/b";
             for (std::size_t i = n; i > 0; --i)
                 text += "; x*" + std::to_string(i) + "*=%41";
             return text;
         },
         parameters},
        {"RFC 2231, the same section", [](std::size_t n) { return "a/b" + repeat("; x*0=y", n); }, parameters},
        {"parameters", [](std::size_t n) { return "a/b" + numbered("; x", "=y", n); }, parameters},
        {"parameters without values", [](std::size_t n) { return "a/b" + repeat("; x ", n); }, parameters},
        {"words in a bare value", [](std::size_t n) { return "a/b; x=" + repeat("y ", n); }, parameters},
        {"equals signs", [](std::size_t n) { return "a/b; " + repeat("=", n); }, parameters},
        {"addresses", [](std::size_t n) { return repeat("a@b,", n); }, addresses},
        {"words of one address", [](std::size_t n) { return repeat("a ", n); }, addresses},
        {"at signs", [](std::size_t n) { return repeat("@", n); }, addresses},
        {"dots", [](std::size_t n) { return repeat(". ", n) + "@" + repeat(" .", n); }, addresses},
        {"groups", [](std::size_t n) { return repeat("g:", n); }, addresses},
        {"open brackets", [](std::size_t n) { return repeat("<", n); }, addresses},
        {"quoted strings in brackets", [](std::size_t n) { return "<" + repeat("\"\" ", n); }, addresses},
        {"domain literals", [](std::size_t n) { return repeat("[", n); }, addresses},
        {"nested comments", [](std::size_t n) { return repeat("(", n); }, addresses},
        {"comments", [](std::size_t n) { return repeat("()", n); }, addresses},
        {"quotes", [](std::size_t n) { return repeat("\"", n); }, addresses},
        {"encoded words in addresses", [](std::size_t n) { return repeat("=?a?q?x ", n); }, addresses},
        {"encoded words", [](std::size_t n) { return repeat("=?utf-8?q?a?= ", n); }, words},
        {"encoded words of two charsets",
         [](std::size_t n) { return repeat("=?utf-8?q?=FF?= =?koi8-r?b?4Q==?= ", n); }, words},
        {"encoded words without end", [](std::size_t n) { return repeat("=?a?q?", n); }, words},
        {"beginnings of encoded words", [](std::size_t n) { return repeat("=?", n); }, words},
        {"charset names without end", [](std::size_t n) { return "=?" + repeat("=?a", n); }, words},
        {"comments in a date", [](std::size_t n) { return repeat("(", n); },
         [](const std::string& text) { parse_date(text); }},
        {"words in a date", [](std::size_t n) { return repeat("a ", n); },
         [](const std::string& text) { parse_date(text); }},
        {"message ids", [](std::size_t n) { return repeat("<a@b> ", n); },
         [](const std::string& text) { parse_message_ids(text); }},
        {"open message ids", [](std::size_t n) { return repeat("<", n); },
         [](const std::string& text) { parse_message_ids(text); }},
    };
}

TEST(MimeBombs, Linear) {
    for (const Bomb& bomb : bombs())
        tests::count_doubling(bomb.name, bomb.make, bomb.parse);
}

TEST(MimeBombs, LimitsAreMetAndSaid) {
    std::string deep;
    for (std::size_t i = 0; i < 3 * limits::kMimeDepth; ++i) {
        deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" +
                std::to_string(i) + "\n";
    }
    const PartTree nested = parse_parts(deep);
    EXPECT_TRUE(nested.limits.has(Limit::mime_depth));
    EXPECT_LE(nested.parts.size(), limits::kMimeDepth);
    EXPECT_EQ(nested.parts.back().body_end, deep.size());

    const PartTree messages = parse_parts(repeat("Content-Type: message/rfc822\n\n", 3 * limits::kMimeDepth));
    EXPECT_TRUE(messages.limits.has(Limit::mime_depth));
    EXPECT_LE(messages.parts.size(), limits::kMimeDepth);

    const PartTree many = parse_parts("Content-Type: multipart/mixed; boundary=b\n\n" +
                                      repeat("--b\n\n", limits::kMimeParts + 10));
    EXPECT_TRUE(many.limits.has(Limit::mime_parts));
    EXPECT_FALSE(many.limits.has(Limit::mime_depth));
    EXPECT_EQ(many.parts.size(), limits::kMimeParts);

    EXPECT_TRUE(
        parse_parts("Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n\n", 100)).limits.empty());
}

TEST(MimeBombs, ItemsOfAField) {
    const auto is_met = [](const auto& parse, const std::string& value) {
        LimitSet limits;
        parse(value, &limits);
        return limits.has(Limit::field_items);
    };
    const auto addresses = [](std::string_view value, LimitSet* limits) {
        return parse_address_list(value, limits).size();
    };
    EXPECT_FALSE(is_met(addresses, repeat("a@b,", limits::kFieldItems)));
    EXPECT_TRUE(is_met(addresses, repeat("a@b,", limits::kFieldItems + 1)));
    EXPECT_TRUE(is_met(addresses, repeat("a:;", limits::kFieldItems + 1)));
    EXPECT_FALSE(is_met(parse_message_ids, repeat("<a@b>", limits::kFieldItems)));
    EXPECT_TRUE(is_met(parse_message_ids, repeat("<a@b>", limits::kFieldItems + 1)));
    EXPECT_TRUE(is_met(parse_message_ids, repeat("a@b ", limits::kFieldItems + 1)));
    EXPECT_FALSE(is_met(parse_content_type, "a/b" + repeat(";c=d", limits::kFieldItems)));
    EXPECT_TRUE(is_met(parse_content_type, "a/b" + repeat(";c=d", limits::kFieldItems + 1)));
    EXPECT_TRUE(is_met(parse_content_disposition, "a" + repeat(";c*1=d", limits::kFieldItems + 1)));
    EXPECT_EQ(parse_message_ids(repeat("<a@b>", limits::kFieldItems + 5)).size(), limits::kFieldItems);
    EXPECT_EQ(flatten(parse_address_list(repeat("a@b,", limits::kFieldItems + 5))).size(), limits::kFieldItems);
}

}  // namespace
}  // namespace mailpipe::mime
