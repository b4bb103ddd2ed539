#include "mailpipe/app/progress.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace mailpipe::app {
namespace {

TEST(Progress, SourcesOfSeveralThreadsAreOneLine) {
    CommonOptions options;
    options.progress = When::always;
    testing::internal::CaptureStderr();
    {
        Progress progress(options);
        progress.add_source("imap://a.example", 2);
        std::thread other([&progress] {
            progress.add_source("imap://b.example", 3);
            // The line is drawn at most five times a second.
            const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
            while (std::chrono::steady_clock::now() < end)
                progress.add_octets(1U << 20);
        });
        progress.end_message();
        other.join();
        progress.end_message();
    }
    const std::string drawn = testing::internal::GetCapturedStderr();
    EXPECT_NE(drawn.find("2 mailboxes: "), std::string::npos) << drawn;
    EXPECT_NE(drawn.find(" of 5 messages, "), std::string::npos) << drawn;
    EXPECT_TRUE(drawn.ends_with("\r\033[K")) << "wiped at the end";
}

TEST(Progress, Texts) {
    EXPECT_EQ(progress_text(12, 40, 3'400'000, std::chrono::milliseconds(500)), "12 of 40 messages, 3.4 MB");
    EXPECT_EQ(progress_text(10, 40, 2'000'000, std::chrono::seconds(2)),
              "10 of 40 messages, 2.0 MB, 1.0 MB/s, 0:06 left");
    EXPECT_EQ(progress_text(3, 0, 999, std::chrono::milliseconds(0)), "3 messages, 999 octets");
    EXPECT_EQ(readable_size(1'000), "1.0 kB");
    EXPECT_EQ(readable_size(1'500'000'000'000'000), "1500.0 TB");
}

}  // namespace
}  // namespace mailpipe::app
