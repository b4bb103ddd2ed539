#include "mailpipe/app/serve/imap/describe.hpp"

#include <gtest/gtest.h>

#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::app {
namespace {

TEST(Describe, EachFact) {
    const std::string message =
        "Received: by x\r\nFrom: a@x.example\r\nSubject: hello\r\nContent-Language: en\r\n\r\nThe  text\r\n";
    index::Facts facts;
    EXPECT_EQ(describe(message, index::kPreview, facts), 31U);
    EXPECT_EQ(facts.header, "From: a@x.example\r\nSubject: hello\r\n\r\n");
    EXPECT_EQ(facts.envelope, imap::server::encode_envelope(message));
    EXPECT_EQ(facts.body, "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 11 1)");
    EXPECT_EQ(facts.body_structure,
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 11 1 NIL NIL (\"en\") NIL)");
    EXPECT_EQ(facts.preview, "The text");
    EXPECT_EQ(facts.preview, imap::server::make_preview(message));
}

TEST(Describe, NoMoreThanIsWanted) {
    const std::string header = "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    const std::string body = "--b\r\n\r\nx\r\n--b--\r\n";
    index::Facts of_header, of_all;
    EXPECT_EQ(describe(header, index::kEnvelope, of_header), index::kOfHeader);
    EXPECT_EQ(describe(header + body, index::kBody, of_all),
              index::kOfHeader | index::kBody | index::kBodyStructure);
    EXPECT_EQ(of_header.header, of_all.header);
    EXPECT_EQ(of_header.envelope, of_all.envelope);
    EXPECT_EQ(of_header.body_structure, "");
    EXPECT_EQ(of_all.preview, "");
}

// What the whole text and its beginning up to the first empty line tell of the header.
TEST(Describe, HeaderOfDamagedMessages) {
    const std::string delimited =
        "From: a@x\r\nContent-Type: multipart/mixed; boundary=b\r\n--b\r\nSubject: s\r\n\r\nx\r\n";
    for (const std::string& message :
         {std::string("\r\nFrom: a@x\r\n\r\nx\r\n"), std::string("no field\r\nFrom: a@x\r\n\r\nx\r\n"),
          std::string("no field\r\n\r\nFrom: a@x\r\n\r\n"), std::string("From a@x\r\nFrom: a@x\r\n\r\n\r\n"),
          delimited}) {
        index::Facts of_header, of_all;
        const std::size_t end = message.starts_with("\r\n") ? 0 : message.find("\r\n\r\n") + 2;
        describe(message.substr(0, end + 2), index::kEnvelope, of_header);
        describe(message, index::kBody, of_all);
        EXPECT_EQ(of_header.header, of_all.header) << message;
        EXPECT_EQ(of_header.envelope, of_all.envelope) << message;
    }
}

}  // namespace
}  // namespace mailpipe::app
