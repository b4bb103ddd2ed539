#include "mailpipe/app/serve/events.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

namespace mailpipe::app::serve {
namespace {

TEST(ServeEvents, LinesInOrder) {
    std::string path = testing::TempDir() + "events-XXXXXX";
    const int fd = ::mkstemp(path.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
    {
        auto log = EventLog::open(path);
        ASSERT_TRUE(log.has_value());
        (*log)->write(make_event("ready"));
        for (int i = 0; i < 100; ++i) {
            Json json = make_event("error");
            json["message"] = std::string("n\xFF\n\"") + std::to_string(i) + std::string(100, 'x');
            (*log)->write(json);
        }
    }
    std::ifstream file(path);
    std::string line;
    ASSERT_TRUE(std::getline(file, line));
    EXPECT_EQ(line, R"({"event":"ready"})");
    int count = 0;
    for (; std::getline(file, line); ++count) {
        const auto json = nlohmann::json::parse(line);
        EXPECT_EQ(json["message"], "n\xEF\xBF\xBD\n\"" + std::to_string(count) + std::string(100, 'x'));
        EXPECT_EQ(json["time"].get<std::string>().size(), 24U);
    }
    EXPECT_EQ(count, 100);
    ::unlink(path.c_str());
}

// Also the second, which comes while lines are gathered.
TEST(ServeEvents, LinesComeByThemselves) {
    std::string path = testing::TempDir() + "events-XXXXXX";
    const int fd = ::mkstemp(path.data());
    ASSERT_GE(fd, 0);
    auto log = EventLog::open(path);
    ASSERT_TRUE(log.has_value());
    off_t size = 0;
    for (int i = 0; i < 3; ++i) {
        (*log)->write(make_event("ready"));
        size += static_cast<off_t>(std::string_view("{\"event\":\"ready\"}\n").size());
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (::lseek(fd, 0, SEEK_END) < size && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_EQ(::lseek(fd, 0, SEEK_END), size);
    }
    ::close(fd);
    ::unlink(path.c_str());
}

TEST(ServeEvents, FileThatCannotBeMade) {
    const auto log = EventLog::open("/nonexistent/events");
    ASSERT_FALSE(log.has_value());
    EXPECT_EQ(log.error().kind, Errc::cannot_create);
    ASSERT_TRUE(EventLog::open("").has_value());
}

TEST(ServeEvents, ReplyAsJson) {
    EXPECT_EQ(json_of(smtp::Reply{550, "5.1.1", {"a", "b"}}).dump(),
              R"({"code":550,"enhanced":"5.1.1","text":"a b"})");
    EXPECT_EQ(json_of(smtp::Reply{250, "", {"OK"}}).dump(), R"({"code":250,"text":"OK"})");
}

}  // namespace
}  // namespace mailpipe::app::serve
