#include "mailpipe/imap/thread_response.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

// "2@0 3@0 6@1": UID at depth; "-" for a parent that is not there.
std::string describe(const Result<std::vector<ThreadedMessage>>& messages) {
    if (!messages) return messages.error().message;
    std::string out;
    for (const ThreadedMessage& message : *messages) {
        out += (out.empty() ? "" : " ") + (message.uid == 0 ? std::string("-") : std::to_string(message.uid)) +
               "@" + std::to_string(message.depth);
    }
    return out;
}

std::string read(std::string_view first, std::string_view second = {}) {
    ThreadReader reader;
    for (const std::string_view piece : {first, second}) {
        if (const auto taken = reader.append(piece); !taken) return taken.error().message;
    }
    return describe(reader.finish());
}

std::string read_split(std::string_view lists) {
    std::string whole = read(lists);
    for (std::size_t split = 1; split < lists.size(); ++split) {
        EXPECT_EQ(read(lists.substr(0, split), lists.substr(split)), whole) << "split at " << split;
    }
    return whole;
}

TEST(ThreadResponse, ExamplesOfRfc5256) {
    EXPECT_EQ(read_split(" (2)(3 6 (4 23)(44 7 96))"), "2@0 3@0 6@1 4@2 23@3 44@2 7@3 96@4");
    EXPECT_EQ(read_split(" ((3)(5))"), "-@0 3@1 5@1");
    EXPECT_EQ(read_split(" (172)(170)(174 (175)(176)(178)(181)(180))(179)(194 195)(196 (197)(198))"),
              "172@0 170@0 174@0 175@1 176@1 178@1 181@1 180@1 179@0 194@0 195@1 196@0 197@1 198@1");
    EXPECT_EQ(read_split(""), "");
}

TEST(ThreadResponse, Shapes) {
    EXPECT_EQ(read_split("(4294967295)"), "4294967295@0");
    EXPECT_EQ(read_split(" (1 ((2)(3))(4))"), "1@0 -@1 2@2 3@2 4@1");
    // A list alone in another one, which servers need not write.
    EXPECT_EQ(read_split(" (1 (2))"), "1@0 2@1");
    EXPECT_EQ(read_split(" ((1))"), "-@0 1@1");
}

TEST(ThreadResponse, Malformed) {
    for (const char* lists :
         {" 1", " (1", " 1)", " (1))", " ()", " (())", " (0)", " (4294967296)", " (99999999999999999999)",
          " (1 (2)(3) 4)", " (x)", " (1,2)", " (1 (2)(3)5)", ")", " (1\r)"}) {
        EXPECT_EQ(read_split(lists).substr(0, 26), "malformed THREAD response:") << lists;
    }
}

// threats.md: nesting: neither recursion nor memory without a limit.
TEST(ThreadResponse, NestingEndsAtTheLimit) {
    ThreadReader reader;
    const std::string piece(4096, '(');
    Result<void> taken;
    std::size_t octets = 0;
    for (; taken && octets < 3 * limits::kListedMessages; octets += piece.size())
        taken = reader.append(piece);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().kind, Errc::limit);
    EXPECT_NE(taken.error().message.find("kListedMessages"), std::string::npos);
    EXPECT_LE(octets, limits::kListedMessages + 2 * piece.size());
}

}  // namespace
}  // namespace mailpipe::imap
