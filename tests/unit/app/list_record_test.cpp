#include "mailpipe/app/list/record.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

Candidate candidate() {
    Candidate made;
    made.context.ref = "maildir:/m;ID=1";
    made.context.size = 9;
    made.set_header("From: a@b\r\nSubject: s\r\nX-Spam: no\r\nX-Spam: yes\r\n\r\n");
    return made;
}

TEST(ListRecord, TheEnvelopeOrWhatIsChosen) {
    EXPECT_EQ(email::dump(RecordFields().record(candidate())),
              R"({"ref":"maildir:/m;ID=1","size":9,"from":[{"name":null,"email":"a@b"}],"subject":"s"})");
    const auto fields = RecordFields::parse({"header:X-Spam:asText", "subject", "cc", "size", "header:Cc:all"});
    ASSERT_TRUE(fields);
    EXPECT_EQ(email::dump(fields->record(candidate())),
              R"({"header:X-Spam:asText":"yes","subject":"s","size":9,"header:Cc:all":[]})");
    EXPECT_TRUE(fields->has("size"));
    EXPECT_FALSE(fields->has("depth"));
    EXPECT_TRUE(RecordFields().has("depth"));
}

TEST(ListRecord, UnknownFields) {
    for (const char* property : {"Subject", "preview", "", "header:", "header:From:asDate"}) {
        const auto fields = RecordFields::parse({"ref", property});
        ASSERT_FALSE(fields) << property;
        EXPECT_EQ(fields.error().kind, Errc::usage);
    }
}

}  // namespace
}  // namespace mailpipe::app
