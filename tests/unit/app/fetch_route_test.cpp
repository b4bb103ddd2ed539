#include "mailpipe/app/fetch/route.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(FetchRoute, ARuleIsDividedByItsFirstArrowOutsideOfQuotes) {
    struct Row {
        const char* rule;
        const char* keys;  // nullptr: no rule
        const char* destination;
    };
    for (const Row& row :
         {Row{"FROM boss@ -> maildir:Mail", "FROM boss@", "maildir:Mail"}, Row{"ALL->mbox:x", "ALL", "mbox:x"},
          Row{" SUBJECT \"a -> b\"  ->  mbox:x ", "SUBJECT \"a -> b\"", "mbox:x"},
          Row{R"(SUBJECT "a \" -> b" -> mbox:x)", R"(SUBJECT "a \" -> b")", "mbox:x"},
          Row{"ALL -> pipe:test 2 -gt 1 && a -> b", "ALL", "pipe:test 2 -gt 1 && a -> b"},
          Row{"FROM bob", nullptr, ""}, Row{"-> mbox:x", nullptr, ""}, Row{"ALL -> ", nullptr, ""},
          Row{"SUBJECT \"a -> mbox:x", nullptr, ""}, Row{"", nullptr, ""}}) {
        const auto parts = split_rule(row.rule);
        ASSERT_EQ(parts.has_value(), row.keys != nullptr) << row.rule;
        if (!parts) continue;
        EXPECT_EQ(parts->keys, row.keys) << row.rule;
        EXPECT_EQ(parts->destination, row.destination) << row.rule;
    }
}

TEST(FetchRoute, EachErrorNamesItsOption) {
    struct Row {
        const char* to;
        const char* route;
        const char* says;
    };
    for (const Row& row : {Row{"", "ALL -> mbox:/x", "--route needs --to"},
                           Row{"pop3://h", "ALL -> mbox:/x", "--to: give maildir:PATH"},
                           Row{"mbox:/y", "FORM x -> mbox:/x", "--route \"FORM x -> mbox:/x\": search: "},
                           Row{"mbox:/y", "ALL -> pop3://h", "\": give maildir:PATH"},
                           Row{"mbox:/y", "ALL -> smtp://u:geheim@h", "a password in a URL"},
                           Row{"mbox:/y", "ALL", "is no rule such as"}}) {
        FetchSettings settings;
        settings.destination = row.to;
        settings.routes = {row.route};
        const auto parsed = parse_destinations(settings);
        ASSERT_FALSE(parsed) << row.route;
        EXPECT_EQ(parsed.error().kind, Errc::usage);
        EXPECT_NE(parsed.error().message.find(row.says), std::string::npos) << parsed.error().message;
        EXPECT_EQ(parsed.error().message.find("geheim"), std::string::npos);
    }
    FetchSettings settings;
    settings.destination = "mbox:/y";
    settings.routes = {"ALL -> mbox:/x", "SEEN -> maildir:/z"};
    const auto parsed = parse_destinations(settings);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->main->path, "/y");
    ASSERT_EQ(parsed->routes.size(), 2U);
    EXPECT_EQ(parsed->routes[1].destination.path, "/z");
}

}  // namespace
}  // namespace mailpipe::app
