#include <gtest/gtest.h>

#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::imap::server {
namespace {

struct Row {
    std::string header;
    std::string envelope;
};

// The example of RFC 9051 section 7.5.2.
TEST(Envelope, Rfc9051) {
    EXPECT_EQ(
        encode_envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                        "From: Terry Gray <gray@cac.washington.edu>\r\n"
                        "Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
                        "To: imap@cac.washington.edu\r\n"
                        "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                        "Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n"),
        "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" "
        "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
        "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
        "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) "
        "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL "
        "NIL \"<B27397-0100000@cac.washington.edu>\")");
}

TEST(Envelope, AlwaysValid) {
    const std::string tail = " NIL NIL NIL NIL NIL NIL NIL NIL)";
    const auto to = [](const std::string& list) {
        return "(NIL NIL NIL NIL NIL " + list + " NIL NIL NIL NIL)";
    };
    const Row rows[] = {
        {"", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"},
        {"Subject:\r\n\r\n", "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
        {"Subject: folded\r\n line \r\n\r\n", "(NIL \"folded line\"" + tail},
        {"Subject: \"a\\b\"\r\n\r\n", "(NIL \"\\\"a\\\\b\\\"\"" + tail},
        {"Subject: =?utf-8?q?stays?=\r\n\r\n", "(NIL \"=?utf-8?q?stays?=\"" + tail},
        {"Subject: caf\u00e9\r\n\r\n", "(NIL {5}\r\ncaf\u00e9" + tail},
        {"Subject: \xE9\r\n\r\n", "(NIL {1}\r\n\xE9" + tail},
        {std::string("Subject: a\0b\r\n\r\n", 16), "(NIL \"ab\"" + tail},
        {"Subject: a\rb\r\n\r\n", "(NIL {3}\r\na\rb" + tail},
        {"To:\r\n\r\n", to("NIL")},
        {"To: A Group: a@x.example, B <b@x.example>;\r\n\r\n",
         to("((NIL NIL \"A Group\" NIL)(NIL NIL \"a\" \"x.example\")(\"B\" NIL \"b\" \"x.example\")"
            "(NIL NIL NIL NIL))")},
        {"To: undisclosed-recipients:;\r\n\r\n",
         to("((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))")},
        {"To: \"john \\\"x\\\" doe\"@x.example\r\n\r\n",
         to("((NIL NIL \"john \\\"x\\\" doe\" \"x.example\"))")},
        {"To: \"a@b\"@x.example\r\n\r\n", to("((NIL NIL \"a@b\" \"x.example\"))")},
        {"To: alice\r\n\r\n", to("((NIL NIL \"alice\" \"MISSING_DOMAIN\"))")},
        {"To: <@x.example>\r\n\r\n", to("((NIL NIL \"MISSING_MAILBOX\" \"x.example\"))")},
        {"To: \"=?utf-8?q?J?=\" <j@x.example>\r\n\r\n", to("((\"=?utf-8?q?J?=\" NIL \"j\" \"x.example\"))")},
        {"To: a@x.example\r\nTo: b@x.example\r\n\r\n",
         to("((NIL NIL \"a\" \"x.example\")(NIL NIL \"b\" \"x.example\"))")},
    };
    for (const Row& row : rows)
        EXPECT_EQ(encode_envelope(row.header), row.envelope) << row.header;
}

// RFC 9051 section 7.5.2: absent and empty Sender and Reply-To are From.
TEST(Envelope, SenderAndReplyTo) {
    const std::string from = "((NIL NIL \"f\" \"x.example\"))";
    EXPECT_EQ(encode_envelope("From: f@x.example\r\nSender: s@x.example\r\nReply-To: \r\n\r\n"),
              "(NIL NIL " + from + " ((NIL NIL \"s\" \"x.example\")) " + from + " NIL NIL NIL NIL NIL)");
}

}  // namespace
}  // namespace mailpipe::imap::server
