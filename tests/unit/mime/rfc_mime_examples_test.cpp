// The examples of RFC 2045, 2046, 2049 and 2231; those of RFC 2047 are in encoded_word_test.cpp.
#include <gtest/gtest.h>

#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::mime {
namespace {

// The parts, each "number type" and, of a leaf, its decoded octets.
std::vector<std::string> parts(std::string_view message) {
    const PartTree tree = parse_parts(message);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < tree.parts.size(); ++i) {
        const Part& part = tree.parts[i];
        std::string line = part_number(tree, i) + " " + part.type.full();
        if (part.children.empty()) line += ": " + decode_body(tree, part);
        out.push_back(std::move(line));
    }
    return out;
}

using Lines = std::vector<std::string>;

TEST(Rfc2045, ContentType) {
    // Section 5.1: a comment and the quotation marks make no difference.
    for (const char* value :
         {" text/plain; charset=us-ascii (Plain text)", " text/plain; charset=\"us-ascii\""}) {
        const ContentType type = parse_content_type(value);
        EXPECT_EQ(type.full(), "text/plain");
        ASSERT_EQ(type.parameters.parameters.size(), 1U);
        EXPECT_EQ(type.parameters.find("charset"), "us-ascii");
    }
    // Section 5.2: the default.
    EXPECT_EQ(parse_parts("Subject: a\n\ntext").parts[0].type.full(), "text/plain");
    EXPECT_EQ(parse_content_type(" text/plain; charset=ISO-8859-1").parameters.find("charset"), "ISO-8859-1");
}

// Section 4: whatever comments a MIME-Version has, the message is read as MIME.
TEST(Rfc2045, MimeVersion) {
    for (const char* value : {"1.0", "1.0 (produced by MetaSend Vx.x)", "(produced by MetaSend Vx.x) 1.0",
                              "1.(produced by MetaSend Vx.x)0"}) {
        const std::string message = std::string("MIME-Version: ") + value +
                                    "\nContent-Type: text/plain; charset=ISO-8859-1\n"
                                    "Content-transfer-encoding: base64\n\nR3L832U=\n";
        EXPECT_EQ(parts(message), Lines{"1 text/plain: Gr\xFC\xDF"
                                        "e"});
    }
}

TEST(Rfc2045, QuotedPrintable) {
    // Section 6.7 (5): soft line breaks.
    EXPECT_EQ(parts("Content-Transfer-Encoding: quoted-printable\n\n"
                    "Now's the time =\nfor all folk to come=\n to the aid of their country."),
              Lines{"1 text/plain: Now's the time for all folk to come to the aid of their country."});
}

TEST(Rfc2046, SimpleMultipart) {
    const std::string message =
        "From: Nathaniel Borenstein <nsb@bellcore.com>\n"
        "To: Ned Freed <ned@innosoft.com>\n"
        "Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\n"
        "Subject: Sample message\n"
        "MIME-Version: 1.0\n"
        "Content-type: multipart/mixed; boundary=\"simple boundary\"\n\n"
        "This is the preamble.  It is to be ignored, though it\n"
        "is a handy place for composition agents to include an\n"
        "explanatory note to non-MIME conformant readers.\n\n"
        "--simple boundary\n\n"
        "This is implicitly typed plain US-ASCII text.\n"
        "It does NOT end with a linebreak.\n"
        "--simple boundary\n"
        "Content-type: text/plain; charset=us-ascii\n\n"
        "This is explicitly typed plain US-ASCII text.\n"
        "It DOES end with a linebreak.\n\n"
        "--simple boundary--\n\n"
        "This is the epilogue.  It is also to be ignored.\n";
    EXPECT_EQ(
        parts(message),
        (Lines{
            " multipart/mixed",
            "1 text/plain: This is implicitly typed plain US-ASCII text.\n"
            "It does NOT end with a linebreak.",
            "2 text/plain: This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n"}));
}

// Section 5.1.1: with a colon a boundary must be quoted, and is read all the same when it is not.
TEST(Rfc2046, Boundaries) {
    EXPECT_EQ(
        parse_content_type("multipart/mixed; boundary=gc0p4Jq0M2Yt08j34c0p").parameters.find_raw("boundary"),
        "gc0p4Jq0M2Yt08j34c0p");
    for (const char* value :
         {"multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\"", "multipart/mixed; boundary=gc0pJq0M:08jU534c0p"})
        EXPECT_EQ(parse_content_type(value).parameters.find_raw("boundary"), "gc0pJq0M:08jU534c0p");
}

TEST(Rfc2046, Alternative) {
    EXPECT_EQ(
        parts("Subject: Formatted text mail\nMIME-Version: 1.0\n"
              "Content-Type: multipart/alternative; boundary=boundary42\n\n"
              "--boundary42\nContent-Type: text/plain; charset=us-ascii\n\n"
              "... plain text version of message goes here ...\n\n"
              "--boundary42\nContent-Type: text/enriched\n\n"
              "... RFC 1896 text/enriched version of same message\ngoes here ...\n\n"
              "--boundary42\nContent-Type: application/x-whatever\n\n"
              "... fanciest version of same message goes here ...\n\n"
              "--boundary42--\n"),
        (Lines{" multipart/alternative", "1 text/plain: ... plain text version of message goes here ...\n",
               "2 text/enriched: ... RFC 1896 text/enriched version of same message\ngoes here ...\n",
               "3 application/x-whatever: ... fanciest version of same message goes here ...\n"}));
}

// Section 5.1.5: each part of a digest is a message.
TEST(Rfc2046, Digest) {
    EXPECT_EQ(parts("Subject: Internet Digest, volume 42\nMIME-Version: 1.0\n"
                    "Content-Type: multipart/mixed;\n              boundary=\"---- main boundary ----\"\n\n"
                    "------ main boundary ----\n\n"
                    "...Introductory text or table of contents...\n\n"
                    "------ main boundary ----\n"
                    "Content-Type: multipart/digest;\n              boundary=\"---- next message ----\"\n\n"
                    "------ next message ----\n\n"
                    "From: someone-else\nDate: Fri, 26 Mar 1993 11:13:32 +0200\nSubject: my opinion\n\n"
                    "...body goes here ...\n\n"
                    "------ next message ----\n\n"
                    "From: someone-else-again\nDate: Fri, 26 Mar 1993 10:07:13 -0500\n"
                    "Subject: my different opinion\n\n"
                    "... another body goes here ...\n\n"
                    "------ next message ------\n\n"
                    "------ main boundary ------\n"),
              (Lines{" multipart/mixed", "1 text/plain: ...Introductory text or table of contents...\n",
                     "2 multipart/digest", "2.1 message/rfc822", "2.1.1 text/plain: ...body goes here ...\n",
                     "2.2 message/rfc822", "2.2.1 text/plain: ... another body goes here ...\n"}));
}

// Section 5.2.2.2: a fragment is a leaf; what it is a fragment of is not looked into.
TEST(Rfc2046, Partial) {
    const PartTree tree = parse_parts(
        "X-Weird-Header-1: Foo\nFrom: Bill@host.com\nTo: joe@otherhost.com\n"
        "Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\nSubject: Audio mail (part 1 of 2)\n"
        "Message-ID: <id1@host.com>\nMIME-Version: 1.0\n"
        "Content-type: message/partial; id=\"ABC@host.com\";\n              number=1; total=2\n\n"
        "X-Weird-Header-1: Bar\nX-Weird-Header-2: Hello\nMessage-ID: <anotherid@foo.com>\n"
        "Subject: Audio mail\nMIME-Version: 1.0\nContent-type: audio/basic\n"
        "Content-transfer-encoding: base64\n\n ... first half of encoded audio data goes here ...\n");
    ASSERT_EQ(tree.parts.size(), 1U);
    EXPECT_EQ(tree.parts[0].type.full(), "message/partial");
    EXPECT_EQ(tree.parts[0].type.parameters.find("id"), "ABC@host.com");
    EXPECT_EQ(tree.parts[0].type.parameters.find("number"), "1");
    EXPECT_EQ(tree.parts[0].type.parameters.find("total"), "2");
}

// Section 5.2.3.
TEST(Rfc2046, ExternalBody) {
    const PartTree tree = parse_parts(
        "From: Whomever\nTo: Someone\nDate: Whenever\nSubject: whatever\nMIME-Version: 1.0\n"
        "Message-ID: <id1@host.com>\nContent-Type: multipart/alternative; boundary=42\n"
        "Content-ID: <id001@guppylake.bellcore.com>\n\n"
        "--42\nContent-Type: message/external-body; name=\"BodyFormats.ps\";\n"
        "              site=\"thumper.bellcore.com\"; mode=\"image\";\n"
        "              access-type=ANON-FTP; directory=\"pub\";\n"
        "              expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\n\n"
        "Content-type: application/postscript\nContent-ID: <id42@guppylake.bellcore.com>\n\n"
        "--42\nContent-Type: message/external-body; access-type=local-file;\n"
        "              name=\"/u/nsb/writing/rfcs/RFC-MIME.ps\";\n"
        "              site=\"thumper.bellcore.com\";\n"
        "              expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\n\n"
        "Content-type: application/postscript\nContent-ID: <id42@guppylake.bellcore.com>\n\n"
        "--42\nContent-Type: message/external-body;\n              access-type=mail-server\n"
        "              server=\"listserv@bogus.bitnet\";\n"
        "              expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\n\n"
        "Content-type: application/postscript\nContent-ID: <id42@guppylake.bellcore.com>\n\n"
        "get RFC-MIME.DOC\n\n--42--\n");
    ASSERT_EQ(tree.parts.size(), 4U);
    const auto parameter = [&tree](std::size_t part, std::string_view name) {
        return tree.parts[part].type.parameters.find(name);
    };
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_EQ(tree.parts[i].type.full(), "message/external-body");
        EXPECT_EQ(parameter(i, "expiration"), "Fri, 14 Jun 1991 19:13:14 -0400 (EDT)");
    }
    EXPECT_EQ(parameter(1, "access-type"), "ANON-FTP");
    EXPECT_EQ(parameter(1, "directory"), "pub");
    EXPECT_EQ(parameter(2, "name"), "/u/nsb/writing/rfcs/RFC-MIME.ps");
    // The example forgets a ";".
    EXPECT_EQ(parameter(3, "access-type"), "mail-server");
    EXPECT_EQ(parameter(3, "server"), "listserv@bogus.bitnet");
}

TEST(Rfc2049, ComplexMultipart) {
    const std::string message =
        "MIME-Version: 1.0\nFrom: Nathaniel Borenstein <nsb@nsb.fv.com>\nTo: Ned Freed <ned@innosoft.com>\n"
        "Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)\nSubject: A multipart example\n"
        "Content-Type: multipart/mixed;\n              boundary=unique-boundary-1\n\n"
        "This is the preamble area of a multipart message.\n\n"
        "--unique-boundary-1\n\n"
        "  ... Some text appears here ...\n\n"
        "--unique-boundary-1\nContent-type: text/plain; charset=US-ASCII\n\n"
        "This could have been part of the previous part.\n\n"
        "--unique-boundary-1\nContent-Type: multipart/parallel; boundary=unique-boundary-2\n\n"
        "--unique-boundary-2\nContent-Type: audio/basic\nContent-Transfer-Encoding: base64\n\n"
        "AAEC\n\n"
        "--unique-boundary-2\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
        "/9j/\n\n"
        "--unique-boundary-2--\n\n"
        "--unique-boundary-1\nContent-type: text/enriched\n\n"
        "This is <bold><italic>enriched.</italic></bold>\n\n"
        "--unique-boundary-1\nContent-Type: message/rfc822\n\n"
        "From: (mailbox in US-ASCII)\nTo: (address in US-ASCII)\nSubject: (subject in US-ASCII)\n"
        "Content-Type: Text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: Quoted-printable\n\n"
        "  ... Additional text in ISO-8859-1 goes here ...\n\n"
        "--unique-boundary-1--\n";
    EXPECT_EQ(parts(message),
              (Lines{" multipart/mixed", "1 text/plain:   ... Some text appears here ...\n",
                     "2 text/plain: This could have been part of the previous part.\n", "3 multipart/parallel",
                     std::string("3.1 audio/basic: \x00\x01\x02", 20), "3.2 image/jpeg: \xFF\xD8\xFF",
                     "4 text/enriched: This is <bold><italic>enriched.</italic></bold>\n", "5 message/rfc822",
                     "5.1 text/plain:   ... Additional text in ISO-8859-1 goes here ...\n"}));
}

TEST(Rfc2231, Parameters) {
    // Section 3: continuations, in any order.
    const std::string url = "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar";
    for (const char* value : {" message/external-body; access-type=URL;\n URL*0=\"ftp://\";\n"
                              " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
                              " message/external-body; access-type=URL;\n"
                              " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\";\n URL*0=\"ftp://\"",
                              " message/external-body; access-type=URL;\n"
                              " URL=\"ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\""}) {
        EXPECT_EQ(parse_content_type(value).parameters.find("url"), url);
        EXPECT_EQ(parse_content_type(value).parameters.find("access-type"), "URL");
    }
    // Section 4: charset and language.
    EXPECT_EQ(
        parse_content_type(" application/x-stuff;\n title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A")
            .parameters.find("title"),
        "This is ***fun***");
    // Section 4.1: both.
    EXPECT_EQ(parse_content_type(" application/x-stuff\n title*0*=us-ascii'en'This%20is%20even%20more%20\n"
                                 " title*1*=%2A%2A%2Afun%2A%2A%2A%20\n title*2=\"isn't it!\"")
                  .parameters.find("title"),
              "This is even more ***fun*** isn't it!");
    // Section 5: an encoded word with a language.
    EXPECT_EQ(decode_text(" =?US-ASCII*EN?Q?Keith_Moore?= <moore@cs.utk.edu>").text,
              "Keith Moore <moore@cs.utk.edu>");
}

}  // namespace
}  // namespace mailpipe::mime
