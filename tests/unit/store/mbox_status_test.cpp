#include "mailpipe/store/mbox_status.hpp"

#include <gtest/gtest.h>

namespace mailpipe::store::test {
namespace {

TEST(MboxStatus, Letters) {
    EXPECT_EQ(keywords_of(status_set("RO")), Keywords{"$seen"});
    EXPECT_EQ(keywords_of(status_set("ROAFTD")),
              (Keywords{"$seen", "$answered", "$flagged", "$draft", "$deleted"}));
    EXPECT_EQ(keywords_of(status_set("OXx")), Keywords{});
    EXPECT_TRUE(has_status_letter("$flagged"));
    EXPECT_FALSE(has_status_letter("$forwarded"));
}

struct Row {
    const char* header;
    Keywords add;
    Keywords remove;
    const char* text;
    Keywords keywords;
};

TEST(MboxStatus, Changes) {
    const Row rows[] = {
        {"Subject: a\n", {"$seen"}, {}, "Subject: a\nStatus: RO\n", {"$seen"}},
        {"Subject: a\n",
         {"$flagged", "$seen"},
         {},
         "Subject: a\nStatus: RO\nX-Status: F\n",
         {"$seen", "$flagged"}},
        {"Status: RO\nX-Status: AF\nTo: b\n",
         {},
         {"$answered", "$seen"},
         "To: b\nStatus: O\nX-Status: F\n",
         {"$flagged"}},
        // What has no flag left has no field.
        {"X-Status: F\nTo: b\n", {}, {"$flagged"}, "To: b\n", {}},
        {"Subject: a\n", {}, {"$seen"}, "Subject: a\n", {}},
        // Fields that are folded, spelled otherwise, or hold letters that mean nothing here.
        {"status: R\n O\nSubject: a\n b\nX-STATUS: xN\n",
         {"$draft"},
         {},
         "Subject: a\n b\nStatus: R\nX-Status: xNT\n",
         {"$seen", "$draft"}},
        // Already set, in the other field.
        {"Status: RF\n", {"$flagged"}, {}, "Status: RF\n", {"$seen", "$flagged"}},
        {"Status: RF\n", {}, {"$flagged"}, "Status: R\n", {"$seen"}},
        {"Subject: a\r\n", {"$seen"}, {}, "Subject: a\r\nStatus: RO\r\n", {"$seen"}},
        {"Subject: a", {"$seen"}, {}, "Subject: a\nStatus: RO\n", {"$seen"}},
        {"", {"$seen"}, {}, "Status: RO\n", {"$seen"}},
        {"Subject: a\nX-Status-Of: R\nStatusx: R\n",
         {"$deleted"},
         {},
         "Subject: a\nX-Status-Of: R\nStatusx: R\nX-Status: D\n",
         {"$deleted"}},
    };
    for (const Row& row : rows) {
        const StatusHeader changed = change_status(row.header, {row.add, row.remove});
        EXPECT_EQ(changed.text, row.text) << row.header;
        EXPECT_EQ(changed.keywords, row.keywords) << row.header;
    }
}

}  // namespace
}  // namespace mailpipe::store::test
