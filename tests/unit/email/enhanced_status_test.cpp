#include "mailpipe/email/enhanced_status.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

struct Row {
    std::string text;
    std::string found;
};

TEST(EnhancedStatus, Find) {
    const Row rows[] = {
        {"", ""},
        {"5.1.1", "5.1.1"},
        {"550 5.1.1 <a@b>: no such user", "5.1.1"},
        {"550-5.7.26 x", "5.7.26"},
        {"(5.2.2)", "5.2.2"},
        {"4.4.1.", "4.4.1"},
        {"from 5.1.1.2 4.4.1", "4.4.1"},
        {"192.0.2.1", ""},
        {"15.1.1 a5.1.1 5.1 5..1 5.1. 3.1.1 5.1234.1 5.1.1a", ""},
        {"5.1.1234", ""},
        {"2.0.0 4.4.1", "2.0.0"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(find_enhanced_status(row.text), row.found) << row.text;
}

TEST(EnhancedStatus, Meaning) {
    EXPECT_EQ(enhanced_status_meaning("5.1.1"), "there is no such mailbox");
    EXPECT_EQ(enhanced_status_meaning("4.2.2"), "the mailbox is full");
    EXPECT_EQ(enhanced_status_meaning("5.7.26"), "the message failed several checks of who sent it");
    EXPECT_EQ(enhanced_status_meaning("5.7.999"), "it is against a security rule");
    for (const char* status : {"", "5.0.0", "5.9.1", "5.1", "6.1.1", "5.1.1 x", "5.1.1234"})
        EXPECT_EQ(enhanced_status_meaning(status), std::nullopt) << status;
    // The whole registry.
    const std::pair<int, int> last_details[] = {{1, 10}, {2, 4}, {3, 6}, {4, 7}, {5, 6}, {6, 10}, {7, 30}};
    for (const auto& [subject, last] : last_details) {
        for (int detail = 0; detail <= last; ++detail) {
            const std::string status = "5." + std::to_string(subject) + "." + std::to_string(detail);
            const auto meaning = enhanced_status_meaning(status);
            ASSERT_TRUE(meaning) << status;
            if (detail == 0) continue;
            EXPECT_NE(meaning, enhanced_status_meaning("5." + std::to_string(subject) + ".0")) << status;
        }
    }
}

}  // namespace
}  // namespace mailpipe::email
