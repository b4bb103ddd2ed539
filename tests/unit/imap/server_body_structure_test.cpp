#include <gtest/gtest.h>

#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::imap::server {
namespace {

struct Row {
    std::string message;
    std::string body;
};

std::string encode(const std::string& message, bool extended) {
    return encode_body_structure(mime::parse_parts(message), extended);
}

TEST(BodyStructure, Single) {
    const Row rows[] = {
        {"Subject: x\r\n\r\none\r\ntwo\r\n",
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 10 2)"},
        {"Content-Type: TEXT/HTML; Charset=\"utf-8\"\r\nContent-Transfer-Encoding: QUOTED-PRINTABLE (it is)\r\n"
         "Content-ID: <a@b>\r\nContent-Description: =?utf-8?q?x?=\r\n\r\nno end",
         "(\"text\" \"html\" (\"Charset\" \"utf-8\") \"<a@b>\" \"=?utf-8?q?x?=\" \"QUOTED-PRINTABLE\" 6 0)"},
        {"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA",
         "(\"image\" \"png\" NIL NIL NIL \"base64\" 4)"},
        // RFC 2231 section 6: continuations are put together, charsets stay to be decoded by the client.
        {"Content-Type: a/b; name*0=\"one\"; name*1=\"two\"; t*0*=utf-8''%C3%A9; t*1=\" x\"\r\n\r\n",
         "(\"a\" \"b\" (\"name\" \"onetwo\" \"t*\" \"utf-8''%C3%A9%20x\") NIL NIL \"7bit\" 0)"},
        {"Content-Type: multipart/mixed\r\n\r\nx",
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)"},
        {"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n",
         "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 18 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1) 3)"},
        // Nobody looks into an encoded one, but the type says that an envelope follows.
        {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
         "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 6 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) 1)"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(encode(row.message, false), row.body) << row.message;
}

TEST(BodyStructure, Extended) {
    EXPECT_EQ(encode("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                     "--b\r\nContent-MD5: bWQ1\r\nContent-Disposition: INLINE; filename=x\r\n"
                     "Content-Language: en, de (a, b)\r\nContent-Location: http://x.example/\r\n\r\none\r\n"
                     "--b\r\nContent-Type: application/octet-stream\r\n\r\n--b--\r\n",
                     true),
              "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 \"bWQ1\" "
              "(\"inline\" (\"filename\" \"x\")) (\"en\" \"de\") \"http://x.example/\")"
              "(\"application\" \"octet-stream\" NIL NIL NIL \"7bit\" 0 NIL NIL NIL NIL)"
              " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)");
}

// Nothing in a message breaks out of its strings.
TEST(BodyStructure, Hostile) {
    EXPECT_EQ(encode("Content-Type: text/x; a=\"\\\") (\"\r\nContent-ID: \"\\\r\n\r\n", false),
              "(\"text\" \"x\" (\"a\" \"\\\") (\" \"charset\" \"us-ascii\") \"\\\"\\\\\" NIL \"7bit\" 0 0)");
}

}  // namespace
}  // namespace mailpipe::imap::server
