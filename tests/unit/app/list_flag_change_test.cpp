#include "mailpipe/app/list/flag_change.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

using Words = std::vector<std::string>;

TEST(FlagChange, Spellings) {
    const auto change =
        parse_flag_change({"+Seen -\\Flagged", "+$ANSWERED", "+Forwarded", "-draft", "+Work", "+$MDNSent"});
    ASSERT_TRUE(change.has_value()) << change.error().message;
    EXPECT_EQ(change->add, (Words{"$seen", "$answered", "$forwarded", "work", "$mdnsent"}));
    EXPECT_EQ(change->remove, (Words{"$flagged", "$draft"}));
}

TEST(FlagChange, Errors) {
    const std::vector<std::pair<Words, const char*>> rows = {{{"Seen"}, "no sign; write +Seen"},
                                                             {{""}, "names no flag"},
                                                             {{"+"}, "cannot be"},
                                                             {{"+\\Recent"}, "no flag that can be changed"},
                                                             {{"+recent"}, "server alone"},
                                                             {{"+\\Work"}, "no flag that can be changed"},
                                                             {{"+a(b"}, "cannot be"},
                                                             {{"+\xC3\xBC"}, "cannot be"},
                                                             {{"+a\x01"}, "cannot be"},
                                                             {{"+Seen -seen"}, "set and cleared"},
                                                             {{"+" + std::string(256, 'x')}, "cannot be"}};
    for (const auto& [words, says] : rows) {
        const auto change = parse_flag_change(words);
        ASSERT_FALSE(change.has_value()) << words[0];
        EXPECT_EQ(change.error().kind, Errc::usage);
        EXPECT_NE(change.error().message.find(says), std::string::npos) << change.error().message;
    }
}

}  // namespace
}  // namespace mailpipe::app
