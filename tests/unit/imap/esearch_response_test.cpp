#include "mailpipe/imap/esearch_response.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::imap {
namespace {

std::string describe(std::string text) {
    Response response;
    response.text = std::move(text);
    Tokens tokens(response);
    const auto parsed = parse_esearch(tokens);
    if (!parsed) return parsed.error().message;
    std::string out = parsed->tag.value_or("no tag") + (parsed->uids ? " uid" : "");
    if (parsed->count) out += " count=" + std::to_string(*parsed->count);
    if (parsed->found) out += " found";
    for (const auto& [first, last] : parsed->found.value_or(std::vector<EsearchResponse::Range>{})) {
        out += " " + std::to_string(first) + (first == last ? "" : ":" + std::to_string(last));
    }
    return out;
}

TEST(EsearchResponse, ExamplesOfRfc4731) {
    EXPECT_EQ(describe(" (TAG \"A282\") MIN 2 COUNT 3"), "A282 count=3");
    EXPECT_EQ(describe(" (TAG \"A283\") ALL 2,10:11"), "A283 found 2 10:11");
    EXPECT_EQ(describe(" (TAG \"A284\") MIN 4"), "A284");
    EXPECT_EQ(describe(" (TAG \"A285\") UID MIN 7 MAX 3800"), "A285 uid");
    EXPECT_EQ(describe(" (TAG \"A286\") COUNT 15"), "A286 count=15");
}

TEST(EsearchResponse, PartialOfRfc5267AndRfc9394) {
    EXPECT_EQ(describe(" (TAG \"A01\") UID PARTIAL (-1:-100 100:200)"), "A01 uid found 100:200");
    EXPECT_EQ(describe(" (TAG \"A02\") UID PARTIAL (23500:24000 67,100:102)"), "A02 uid found 67 100:102");
    EXPECT_EQ(describe(" (TAG \"A03\") UID PARTIAL (20000:20001 NIL) COUNT 7"), "A03 uid count=7");
}

TEST(EsearchResponse, OtherData) {
    EXPECT_EQ(describe(" (TAG \"A\") UID"), "A uid");
    EXPECT_EQ(describe(""), "no tag");
    EXPECT_EQ(describe(" UID ALL 3:1"), "no tag uid found 1:3");
    EXPECT_EQ(describe(" (TAG \"A\") UID ALL 1:4294967295 MODSEQ 917162500"), "A uid found 1:4294967295");
    EXPECT_EQ(describe(" (TAG \"A\") UID RELEVANCY (4 99 42) ALL 2"), "A uid found 2");
    EXPECT_EQ(describe(" (tag \"A\") uid all 2"), "A uid found 2");
}

TEST(EsearchResponse, Malformed) {
    for (const char* text : {" (TAG \"A\")UID", " (TAG A) UID", " (TAG \"A\"", " (", " UID ALL", " UID ALL 0",
                             " UID ALL 1:", " UID ALL *", " UID ALL 1,,2", " UID COUNT x", " UID COUNT",
                             " UID PARTIAL", " UID PARTIAL (1:5", " UID PARTIAL (1:5 )", " UID PARTIAL 1:5 3",
                             " UID PARTIAL (1:5 3) x", "  UID", " UID ALL 4294967296"}) {
        EXPECT_EQ(describe(text).substr(0, 19), "malformed response:") << text;
    }
}

}  // namespace
}  // namespace mailpipe::imap
