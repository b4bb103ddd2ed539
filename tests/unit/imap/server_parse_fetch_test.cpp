#include "mailpipe/base/limits.hpp"
#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseFetch, Items) {
    expect_rows({
        {"FETCH 1 ALL", "fetch 1 FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"},
        {"FETCH 1 FAST", "fetch 1 FLAGS INTERNALDATE RFC822.SIZE"},
        {"FETCH 1:2 full", "fetch 1:2 FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
        {"FETCH 1 (ALL)", "BAD fetch-att expected at octet 11"},
        {"FETCH 1 (flags UID INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY)",
         "fetch 1 FLAGS UID INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY"},
        {"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)", "fetch 1 RFC822! RFC822.HEADER RFC822.TEXT!"},
        {"FETCH 1 (MODSEQ EMAILID THREADID SAVEDATE PREVIEW)",
         "fetch 1 MODSEQ EMAILID THREADID SAVEDATE PREVIEW"},
        {"FETCH 1 (PREVIEW (LAZY) UID)", "fetch 1 PREVIEW lazy UID"},
        {"FETCH 1 PREVIEW (LAZY)", "fetch 1 PREVIEW lazy"},
        {"FETCH 1 PREVIEW (EAGER)", "BAD LAZY expected at octet 19"},
        {"UID FETCH 443:557 (FLAGS)", "uid fetch 443:557 UID FLAGS"},
        {"UID FETCH 1 UID", "uid fetch 1 UID"},
        {"FETCH 1 ()", "BAD fetch-att expected at octet 11"},
        {"FETCH 1 (FLAGS", "BAD \")\" expected at octet 16"},
        {"FETCH 1 X", "BAD fetch-att expected at octet 10"},
        {"FETCH 1", "BAD SP expected at octet 9"},
        {"FETCH 1  FLAGS", "BAD fetch-att expected at octet 10"},
        {"FETCH x FLAGS", "BAD sequence-set expected at octet 8"},
        {"FETCH $ FLAGS", "fetch $ FLAGS"},
    });
}

TEST(ServerParseFetch, Sections) {
    expect_rows({
        {"FETCH 1 BODY[]", "fetch 1 BODY[]!"},
        {"FETCH 1 body.peek[]<0.2048>", "fetch 1 BODY[]<0><0.2048>"},
        {"FETCH 1 BODY[HEADER]", "fetch 1 BODY[HEADER]!"},
        {"FETCH 1 BODY[text]", "fetch 1 BODY[TEXT]!"},
        {"FETCH 1 BODY[1.2.MIME]", "fetch 1 BODY[1.2.MIME]!"},
        {"FETCH 1 BODY[4.1]", "fetch 1 BODY[4.1]!"},
        {"FETCH 1 BODY[4.2.HEADER.FIELDS.NOT (\"Subject\" {2+}\r\nTo)]<5.1>",
         "fetch 1 BODY[4.2.HEADER.FIELDS.NOT (Subject To)]<5>!<5.1>"},
        {"FETCH 1 BODY[HEADER.FIELDS ()]", "BAD header-fld-name expected at octet 30"},
        {"FETCH 1 BODY[HEADER.FIELDS (\"a b\")]", "BAD header-fld-name expected at octet 35"},
        {"FETCH 1 BODY[HEADER.FIELDS (\"a:\")]", "BAD header-fld-name expected at octet 34"},
        {"FETCH 1 BODY[HEADER.FIELDS (a%b)]", "BAD \")\" expected at octet 31"},
        {"FETCH 1 BODY[HEADER.FIELDS]", "BAD SP expected at octet 28"},
        {"FETCH 1 BODY[MIME]", "BAD section-spec expected at octet 15"},
        {"FETCH 1 BODY[0]", "BAD section-part expected at octet 15"},
        {"FETCH 1 BODY[1.]", "BAD section-spec expected at octet 17"},
        {"FETCH 1 BODY[1..2]", "BAD section-spec expected at octet 17"},
        {"FETCH 1 BODY[4294967296]", "BAD section-part expected at octet 15"},
        {"FETCH 1 BODY[X]", "BAD section-spec expected at octet 15"},
        {"FETCH 1 BODY[", "BAD section-spec expected at octet 15"},
        {"FETCH 1 BODY[1", "BAD \"]\" of section expected at octet 16"},
        {"FETCH 1 BODY[]<0.0>", "BAD partial of some octets expected at octet 20"},
        {"FETCH 1 BODY[]<0>", "BAD \".\" of partial expected at octet 18"},
        {"FETCH 1 BODY[]<1.2", "BAD \">\" of partial expected at octet 20"},
        {"FETCH 1 BODY.PEEK", "BAD fetch-att expected at octet 10"},
        {"FETCH 1 (BINARY[1]<1.9> BINARY.PEEK[2.1] BINARY.SIZE[])",
         "fetch 1 BINARY[1]<1>!<1.9> BINARY[2.1] BINARY.SIZE[]"},
        {"FETCH 1 BINARY[1.MIME]", "BAD \"]\" of section expected at octet 18"},
        {"FETCH 1 BINARY[HEADER]", "BAD \"]\" of section expected at octet 17"},
        {"FETCH 1 BINARY.SIZE[1]<0.1>", "BAD end of the command expected at octet 24"},
    });
    std::string deep = "FETCH 1 BODY[1";
    for (std::size_t i = 0; i < limits::kMimeDepth; ++i)
        deep += ".1";
    const std::string refusal = "BAD section-part deeper than kMimeDepth (100)";
    expect_rows({{deep + "]", refusal}});
}

TEST(ServerParseFetch, Modifiers) {
    expect_rows({
        {"FETCH 1 FLAGS (CHANGEDSINCE 12345)", "fetch 1 MODSEQ FLAGS since 12345"},
        {"UID FETCH 1 (FLAGS) (PARTIAL -1:-30)", "uid fetch 1 UID FLAGS partial -1:-30"},
        {"FETCH 1 (FLAGS) (PARTIAL -1:-30)", "BAD fetch-modifier is not known, or not here"},
        {"UID FETCH 1 (FLAGS) (PARTIAL 1:-30)", "BAD partial-range expected at octet 31"},
        {"UID FETCH 1 (FLAGS) (PARTIAL 0:1)", "BAD partial-range expected at octet 31"},
        {"UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "BAD fetch-modifier is not known, or not here"},
        {"FETCH 1 FLAGS ()", "BAD fetch-modifier expected at octet 17"},
    });
    Driver server = selected("QRESYNC");
    expect_rows(
        server,
        {{"UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "uid fetch 1 UID MODSEQ FLAGS since 1 vanished"},
         {"UID FETCH 1 FLAGS (VANISHED)", "BAD VANISHED without CHANGEDSINCE"},
         {"FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "BAD fetch-modifier is not known, or not here"}});
}

TEST(ServerParseFetch, WhatIsNotThere) {
    Options options = loopback_options();
    options.without = {"BINARY", "CONDSTORE", "OBJECTID", "PREVIEW"};
    Driver server = selected("IMAP4rev2", options);
    expect_rows(server, {{"FETCH 1 RFC822", "BAD fetch-att expected at octet 10"},
                         {"FETCH 1 BINARY[1]", "BAD fetch-att expected at octet 10"},
                         {"FETCH 1 MODSEQ", "BAD fetch-att expected at octet 10"},
                         {"FETCH 1 EMAILID", "BAD fetch-att expected at octet 10"},
                         {"FETCH 1 PREVIEW", "BAD fetch-att expected at octet 10"},
                         {"FETCH 1 SAVEDATE", "fetch 1 SAVEDATE"}});
}

}  // namespace
}  // namespace mailpipe::imap::server::test
