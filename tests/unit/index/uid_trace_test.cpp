#include "mailpipe/index/uid_trace.hpp"

#include <gtest/gtest.h>

namespace mailpipe::index {
namespace {

TEST(UidTrace, ReadsWhatIsWritten) {
    const std::string text = encode_uid_trace_header(12, "Fabc") + encode_uid_trace_reserved(1001) +
                             encode_uid_trace_modseq(77) + encode_uid_trace_line(1, "a,S=1") +
                             encode_uid_trace_line(2, "b") + encode_uid_trace_line(9, "b");
    const auto trace = parse_uid_trace(text);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->uid_validity, 12U);
    EXPECT_EQ(trace->object_id, "Fabc");
    EXPECT_EQ(trace->uid_next, 1001U);
    EXPECT_EQ(trace->modseq, 77U);
    EXPECT_EQ(trace->uids, (std::unordered_map<std::string, Uid>{{"a,S=1", 1}, {"b", 9}}));
}

TEST(UidTrace, PassesOverWhatIsNone) {
    const auto trace = parse_uid_trace(
        "mailpipe-uidlist 1 12 F\n\nx\n0 a\n4294967295 b\n-1 c\nR x\nQ 99999999999999999999\n5 \n3 d\n7 torn");
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->uids, (std::unordered_map<std::string, Uid>{{"d", 3}}));
    EXPECT_EQ(trace->uid_next, 4U);
    for (const char* none : {"", "\n", "mailpipe-uidlist 1 12 F", "mailpipe-uidlist 1 0 F\n",
                             "mailpipe-uidlist 1 12\n", "mailpipe-uidlist 2 12 F\n", "3 V12 N5\n"})
        EXPECT_FALSE(parse_uid_trace(none)) << none;
}

}  // namespace
}  // namespace mailpipe::index
