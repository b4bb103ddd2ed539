#include "mailpipe/app/serve/imap/describe.hpp"

#include <gtest/gtest.h>

#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::app {
namespace {

TEST(Describe, EachFact) {
    const std::string message =
        "Received: by x\r\nFrom: a@x.example\r\nSubject: hello\r\nContent-Language: en\r\n\r\nThe  text\r\n";
    const index::Facts facts = describe(message);
    EXPECT_EQ(facts.header, "From: a@x.example\r\nSubject: hello\r\n\r\n");
    EXPECT_EQ(facts.envelope, imap::server::encode_envelope(message));
    EXPECT_EQ(facts.body, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 11 1)");
    EXPECT_EQ(facts.body_structure,
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 11 1 NIL NIL (\"en\") NIL)");
    EXPECT_EQ(facts.preview, "The text");
    EXPECT_EQ(facts.preview, imap::server::make_preview(message));
}

}  // namespace
}  // namespace mailpipe::app
