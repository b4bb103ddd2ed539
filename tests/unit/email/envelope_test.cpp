#include <gtest/gtest.h>

#include "mailpipe/email/email.hpp"

namespace mailpipe::email {
namespace {

struct Row {
    std::string name;
    std::string header;
    std::string json;
};

TEST(Envelope, Fields) {
    const Row rows[] = {
        {"empty", "", "{}"},
        {"subject", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", R"({"subject":"Grüße"})"},
        {"empty subject", "Subject:\r\n", R"({"subject":""})"},
        {"addresses", "From: \"A, B\" <a@b>\r\nTo: c@d, E <e@f>\r\n",
         R"({"from":[{"name":"A, B","email":"a@b"}],"to":[{"name":null,"email":"c@d"},{"name":"E","email":"e@f"}]})"},
        {"group", "To: undisclosed:;\r\n", R"({"to":[]})"},
        {"ids", "Message-ID: <a@b>\r\nIn-Reply-To: <c@d>\r\nReferences: <x@y>\r\n <c@d>\r\n",
         R"({"messageId":["a@b"],"inReplyTo":["c@d"],"references":["x@y","c@d"]})"},
        {"broken id", "Message-ID: nonsense\r\n", "{}"},
        {"date", "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n", R"({"sentAt":"1997-11-21T09:55:06-06:00"})"},
        {"broken date", "Date: yesterday\r\n", "{}"},
        {"the last one counts", "Subject: a\r\nSubject: b\r\n", R"({"subject":"b"})"},
        {"all address fields", "Sender: a\r\nCc: b\r\nBcc: c\r\nReply-To: d\r\n",
         R"({"sender":[{"name":null,"email":"a"}],"cc":[{"name":null,"email":"b"}],)"
         R"("bcc":[{"name":null,"email":"c"}],"replyTo":[{"name":null,"email":"d"}]})"},
        {"the body is no header", "Subject: a\r\n\r\nTo: b\r\n", R"({"subject":"a"})"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        EXPECT_EQ(dump(envelope(row.header, {})), row.json);
    }
}

TEST(Envelope, Context) {
    Context context;
    context.ref = "maildir:/x;ID=1";
    context.mailbox = "INBOX";
    context.uid = 7;
    context.uid_validity = 9;
    context.uidl = "u1";
    context.keywords = {"$seen", "work"};
    context.received_at = 1'795'518'706;
    context.size = 5'000'000'000;
    EXPECT_EQ(dump(envelope("Subject: s\r\n", context)),
              R"({"ref":"maildir:/x;ID=1","mailbox":"INBOX","uid":7,"uidValidity":9,"uidl":"u1",)"
              R"("keywords":{"$seen":true,"work":true},"size":5000000000,"receivedAt":"2026-11-24T11:11:46Z",)"
              R"("subject":"s"})");
    context = {};
    context.keywords.emplace();
    EXPECT_EQ(dump(envelope("", context)), R"({"keywords":{}})");
}

// threats.md: CR, LF, NUL in addresses, names, options, JSON.
TEST(Envelope, NothingBreaksALine) {
    Context context;
    context.ref = "maildir:/\xFF\n";
    context.keywords = {"\x01\xC0"};
    using namespace std::string_literals;
    const std::string line = dump(envelope(
        "Subject: =?utf-8?q?a=0D=0Ab=00c=E2=80=A8?= \x01\0\xFF\r\nFrom: \"a\\\nb\" <x\ry@z>\r\n"s, context));
    EXPECT_EQ(line.find_first_of(std::string_view("\r\n\0\x01", 4)), std::string::npos) << line;
    const Json parsed = Json::parse(line);
    EXPECT_EQ(parsed["ref"], "maildir:/\uFFFD\n");
    EXPECT_EQ(parsed["subject"], "a\r\nbc\u2028 \u0001\u00ff");
}

TEST(Envelope, TheLastOfFieldsInAnyCaseCounts) {
    EXPECT_EQ(envelope_line("SUBJECT: one\r\nsubject: two\r\nMESSAGE-id: <a@b>\r\nin-reply-TO: <c@d>\r\n"
                            "Message\x0DID: <x>\r\nTO: =?utf-8?q?e=CC=81?= <e@f>\r\nTp: <g@h>\r\n",
                            {}),
              R"({"messageId":["a@b"],"inReplyTo":["c@d"],"to":[{"name":"é","email":"e@f"}],"subject":"two"})");
}

}  // namespace
}  // namespace mailpipe::email
