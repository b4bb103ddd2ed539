#include "mailpipe/app/fetch/refs_input.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace mailpipe::app {
namespace {

std::vector<std::string> read(const std::string& text) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    std::thread writer([&ends, &text] {
        for (std::size_t at = 0; at < text.size();) {
            const ssize_t count = ::write(ends[1], text.data() + at, text.size() - at);
            if (count <= 0) break;
            at += static_cast<std::size_t>(count);
        }
        ::close(ends[1]);
    });
    std::vector<std::string> seen;
    const auto result = read_refs(ends[0], [&seen](Result<Location> ref) {
        seen.push_back(ref ? encode(*ref)
                           : std::to_string(static_cast<int>(ref.error().kind)) + " " + ref.error().message);
    });
    writer.join();
    ::close(ends[0]);
    EXPECT_TRUE(result);
    return seen;
}

TEST(FetchRefsInputTest, LinesAndRecords) {
    const std::string ref = "pop3://a@localhost/;UIDL=x";
    EXPECT_EQ(read(""), std::vector<std::string>{});
    EXPECT_EQ(read(ref), std::vector<std::string>{ref});
    EXPECT_EQ(read("\n" + ref + "\r\n\n{\"ref\":\"" + ref + "\",\"size\":5}\n"),
              (std::vector<std::string>{ref, ref}));
}

TEST(FetchRefsInputTest, BadLinesAreToldByNumber) {
    const auto seen = read("{\"size\":5}\n{bad\npop3://a@localhost\n[1]\n" + std::string(2'000'000, 'x') +
                           "\npop3://a@localhost/;UIDL=x\n");
    ASSERT_EQ(seen.size(), 6U);
    EXPECT_NE(seen[0].find("line 1: no ref"), std::string::npos) << seen[0];
    EXPECT_NE(seen[1].find("line 2: not a JSON object"), std::string::npos) << seen[1];
    EXPECT_NE(seen[2].find("line 3: names no message"), std::string::npos) << seen[2];
    EXPECT_NE(seen[3].find("line 4"), std::string::npos) << seen[3];
    EXPECT_NE(seen[4].find("line 5: longer"), std::string::npos) << seen[4];
    EXPECT_EQ(seen[5], "pop3://a@localhost/;UIDL=x");
}

}  // namespace
}  // namespace mailpipe::app
