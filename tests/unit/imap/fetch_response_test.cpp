#include "mailpipe/imap/fetch_response.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap {
namespace {

TEST(FetchResponse, ItemsInAnyOrder) {
    for (const char* text : {
             "(UID 7 RFC822.SIZE 12 FLAGS (\\Seen $Forwarded) INTERNALDATE \"d\" BODY[] \"x\")",
             "(BODY[] \"x\" INTERNALDATE \"d\" FLAGS (\\Seen $Forwarded) RFC822.SIZE 12 UID 7)",
             "(body[] \"x\" internaldate \"d\"  flags ( \\Seen  $Forwarded ) rfc822.size 12 uid 7 ) ",
             "(MODSEQ (12) ENVELOPE (\"a\" NIL ((NIL NIL \"b\" \"c\"))) UID 7 RFC822.SIZE 12 X-GM-LABELS "
             "(\"a)\" b) "
             "FLAGS (\\Seen $Forwarded) INTERNALDATE \"d\" BODY[] \"x\")",
         }) {
        SCOPED_TRACE(text);
        const Response response{text, {}};
        Tokens tokens(response);
        const auto fetch = parse_fetch(tokens);
        ASSERT_TRUE(fetch) << fetch.error().message;
        EXPECT_EQ(fetch->uid, 7U);
        EXPECT_EQ(fetch->size, 12U);
        EXPECT_EQ(fetch->flags, (std::vector<std::string>{"\\Seen", "$Forwarded"}));
        EXPECT_EQ(fetch->internal_date, "d");
        ASSERT_EQ(fetch->bodies.size(), 1U);
        EXPECT_EQ(fetch->bodies[0].section, "BODY[]");
        EXPECT_EQ(fetch->bodies[0].value.text, "x");
    }
}

TEST(FetchResponse, PartialBodyIsAnotherSection) {
    const Response response{"(BODY[]<0> \"x\" BODY[HEADER] NIL)", {}};
    Tokens tokens(response);
    const auto fetch = parse_fetch(tokens);
    ASSERT_TRUE(fetch);
    EXPECT_EQ(fetch->bodies[0].section, "BODY[]<0>");
    EXPECT_EQ(fetch->bodies[1].section, "BODY[HEADER]");
    EXPECT_EQ(fetch->bodies[1].value.kind, NString::Kind::nil);
}

TEST(FetchResponse, Malformed) {
    for (const char* text : {"", "UID 7", "(UID", "(UID)", "(UID 7", "(UID 0)", "(UID x)", "(UID 4294967296)",
                             "(FLAGS \\Seen)", "(FLAGS (\"a\"))", "(FLAGS (", "(RFC822.SIZE -1)", "(BODY[] x)",
                             "(BODY[] {3})", "(BODY[)", "(UID 7) x", "(()"}) {
        const Response response{text, {}};
        Tokens tokens(response);
        const auto fetch = parse_fetch(tokens);
        ASSERT_FALSE(fetch) << text;
        EXPECT_EQ(fetch.error().kind, Errc::protocol);
    }
}

TEST(FetchItemTracker, KnowsTheBody) {
    struct Case {
        std::vector<const char*> pieces;
        const char* section;
    };
    const Case cases[] = {
        {{"* 1 FETCH (BODY[] {5}"}, "BODY[]"},
        {{"* 1 FETCH (UID 7 FLAGS (\\Seen) body[header] ~{5}"}, "BODY[HEADER]"},
        {{"* 1 FETCH (BODY[]<0> {5}"}, "BODY[]<0>"},
        {{"* 1 FETCH (BODY[HEADER.FIELDS (\"a]\" b)] {5}"}, "BODY[HEADER.FIELDS (\"A]\" B)]"},
        {{"* 1 FETCH (X {5}", " BODY[] {6}"}, "BODY[]"},
        {{"* 1 FETCH (BODY[] {5}", " {6}"}, ""},
        {{"* 1 FETCH (ENVELOPE (BODY[] {5}"}, ""},
        {{"* 1 FETCH (ENVELOPE ({5}", " BODY[] {5}"}, ""},
        {{"* 1 FETCH (BODY[] \"x\" {5}"}, ""},
        {{"* 1 FETCH (X \"BODY[]\" {5}"}, ""},
        {{"* 1 FETCH (X (BODY[]) {5}"}, ""},
        {{"* 1 FETCH (RFC822 {5}"}, ""},
        {{"* 1 FETCH (BODY[ {5}"}, ""},
        {{"* 1 FETCH (BODY[]{5}"}, ""},
        {{"* 1 FETCH BODY[] {5}"}, ""},
    };
    for (const Case& c : cases) {
        FetchItemTracker tracker;
        for (const char* piece : c.pieces)
            tracker.append(piece);
        EXPECT_EQ(tracker.body_section(), c.section) << c.pieces.back();
    }
}

}  // namespace
}  // namespace mailpipe::imap
