// The examples of RFC 5322 appendix A, and addresses of RFC 6532 (which has no examples of its own).
#include <gtest/gtest.h>

#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::mime {
namespace {

// "name <email>, Group: ...;" of the last field of that name.
std::string addresses(const Header& header, std::string_view name) {
    std::string out;
    for (const AddressGroup& group : parse_address_list(header.find_last(name)->value)) {
        if (group.name) out += *group.name + ":";
        for (const Address& address : group.addresses)
            out += "[" + address.name + "|" + address.email + "]";
        if (group.name) out += ";";
    }
    return out;
}

std::string date(const Header& header, std::string_view name) {
    const auto parsed = parse_date(header.find_last(name)->value);
    return parsed ? rfc3339(*parsed) : "none";
}

std::vector<std::string> ids(const Header& header, std::string_view name) {
    return parse_message_ids(header.find_last(name)->value);
}

using Ids = std::vector<std::string>;

TEST(Rfc5322AppendixA, SimpleMessages) {
    const std::string text =
        "From: John Doe <jdoe@machine.example>\r\n"
        "Sender: Michael Jones <mjones@machine.example>\r\n"
        "To: Mary Smith <mary@example.net>\r\n"
        "Subject: Saying Hello\r\n"
        "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
        "Message-ID: <1234@local.machine.example>\r\n\r\n"
        "This is a message just to say hello.\r\nSo, \"Hello\".\r\n";
    const PartTree tree = parse_parts(text);
    const Header& header = tree.parts[0].header;
    EXPECT_EQ(addresses(header, "From"), "[John Doe|jdoe@machine.example]");
    EXPECT_EQ(addresses(header, "Sender"), "[Michael Jones|mjones@machine.example]");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith|mary@example.net]");
    EXPECT_EQ(decode_text(header.find("Subject")->value).text, "Saying Hello");
    EXPECT_EQ(date(header, "Date"), "1997-11-21T09:55:06-06:00");
    EXPECT_EQ(ids(header, "Message-ID"), Ids{"1234@local.machine.example"});
    EXPECT_EQ(tree.body(tree.parts[0]), "This is a message just to say hello.\r\nSo, \"Hello\".\r\n");
}

TEST(Rfc5322AppendixA, TypesOfMailboxes) {
    const Header header = parse_header(
        "From: \"Joe Q. Public\" <john.q.public@example.com>\r\n"
        "To: Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>\r\n"
        "Cc: <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>\r\n"
        "Date: Tue, 1 Jul 2003 10:52:37 +0200\r\n"
        "Message-ID: <5678.21-Nov-1997@example.com>\r\n\r\n");
    EXPECT_EQ(addresses(header, "From"), "[Joe Q. Public|john.q.public@example.com]");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith|mary@x.test][|jdoe@example.org][Who?|one@y.test]");
    EXPECT_EQ(addresses(header, "Cc"), "[|boss@nil.test][Giant; \"Big\" Box|sysservices@example.net]");
    EXPECT_EQ(date(header, "Date"), "2003-07-01T10:52:37+02:00");
    EXPECT_EQ(ids(header, "Message-ID"), Ids{"5678.21-Nov-1997@example.com"});
}

TEST(Rfc5322AppendixA, GroupAddresses) {
    const Header header = parse_header(
        "From: Pete <pete@silly.example>\r\n"
        "To: A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;\r\n"
        "Cc: Undisclosed recipients:;\r\n"
        "Date: Thu, 13 Feb 1969 23:32:54 -0330\r\n"
        "Message-ID: <testabcd.1234@silly.example>\r\n\r\n");
    EXPECT_EQ(addresses(header, "To"), "A Group:[Ed Jones|c@a.test][|joe@where.test][John|jdoe@one.test];");
    EXPECT_EQ(addresses(header, "Cc"), "Undisclosed recipients:;");
    EXPECT_EQ(date(header, "Date"), "1969-02-13T23:32:54-03:30");
}

TEST(Rfc5322AppendixA, Replies) {
    const Header header = parse_header(
        "From: John Doe <jdoe@machine.example>\r\n"
        "To: \"Mary Smith: Personal Account\" <smith@home.example>\r\n"
        "Subject: Re: Saying Hello\r\n"
        "Date: Fri, 21 Nov 1997 11:00:00 -0600\r\n"
        "Message-ID: <abcd.1234@local.machine.test>\r\n"
        "In-Reply-To: <3456@example.net>\r\n"
        "References: <1234@local.machine.example> <3456@example.net>\r\n\r\n");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith: Personal Account|smith@home.example]");
    EXPECT_EQ(ids(header, "In-Reply-To"), Ids{"3456@example.net"});
    EXPECT_EQ(ids(header, "References"), (Ids{"1234@local.machine.example", "3456@example.net"}));
}

TEST(Rfc5322AppendixA, ResentMessages) {
    const Header header = parse_header(
        "Resent-From: Mary Smith <mary@example.net>\r\n"
        "Resent-To: Jane Brown <j-brown@other.example>\r\n"
        "Resent-Date: Mon, 24 Nov 1997 14:22:01 -0800\r\n"
        "Resent-Message-ID: <78910@example.net>\r\n"
        "From: John Doe <jdoe@machine.example>\r\n"
        "To: Mary Smith <mary@example.net>\r\n"
        "Subject: Saying Hello\r\n"
        "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
        "Message-ID: <1234@local.machine.example>\r\n\r\n");
    EXPECT_EQ(addresses(header, "Resent-To"), "[Jane Brown|j-brown@other.example]");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith|mary@example.net]");
    EXPECT_EQ(date(header, "Resent-Date"), "1997-11-24T14:22:01-08:00");
    EXPECT_EQ(ids(header, "Resent-Message-ID"), Ids{"78910@example.net"});
}

TEST(Rfc5322AppendixA, TraceFields) {
    const Header header = parse_header(
        "Received: from x.y.test\r\n   by example.net\r\n   via TCP\r\n   with ESMTP\r\n   id ABC12345\r\n"
        "   for <mary@example.net>;  21 Nov 1997 10:05:43 -0600\r\n"
        "Received: from node.example by x.y.test; 21 Nov 1997 10:01:22 -0600\r\n"
        "From: John Doe <jdoe@node.example>\r\n\r\n");
    ASSERT_EQ(header.count("Received"), 2U);
    const auto stamp = [](std::string_view value) {
        return rfc3339(*parse_date(value.substr(value.rfind(';') + 1)));
    };
    EXPECT_EQ(stamp(header.find("Received")->value), "1997-11-21T10:05:43-06:00");
    EXPECT_EQ(stamp(header.find_last("Received")->value), "1997-11-21T10:01:22-06:00");
}

TEST(Rfc5322AppendixA, WhiteSpaceAndComments) {
    const Header header = parse_header(
        "From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\n"
        "To:A Group(Some people)\r\n"
        "     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
        "         joe@example.org,\r\n"
        "  John <jdoe@one.test> (my dear friend); (the end of the group)\r\n"
        "Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\r\n"
        "Date: Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
        "               -0330 (Newfoundland Time)\r\n"
        "Message-ID:              <testabcd.1234@silly.test>\r\n\r\n");
    EXPECT_EQ(addresses(header, "From"), "[Pete|pete@silly.test]");
    EXPECT_EQ(addresses(header, "To"),
              "A Group:[Chris Jones|c@public.example][|joe@example.org][John|jdoe@one.test];");
    EXPECT_EQ(addresses(header, "Cc"), "Hidden recipients:;");
    EXPECT_EQ(date(header, "Date"), "1969-02-13T23:32:00-03:30");
    EXPECT_EQ(ids(header, "Message-ID"), Ids{"testabcd.1234@silly.test"});
}

TEST(Rfc5322AppendixA, ObsoleteAddressing) {
    const Header header = parse_header(
        "From: Joe Q. Public <john.q.public@example.com>\r\n"
        "To: Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example\r\n"
        "Date: Tue, 1 Jul 2003 10:52:37 +0200\r\n\r\n");
    EXPECT_EQ(addresses(header, "From"), "[Joe Q. Public|john.q.public@example.com]");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith|mary@example.net][|jdoe@test.example]");
}

TEST(Rfc5322AppendixA, ObsoleteDates) {
    const Header header = parse_header("Date: 21 Nov 97 09:55:06 GMT\r\n\r\n");
    EXPECT_EQ(date(header, "Date"), "1997-11-21T09:55:06Z");
}

TEST(Rfc5322AppendixA, ObsoleteWhiteSpaceAndComments) {
    // The line of the Subject's folding holds white space only.
    const std::string text =
        "From  : John Doe <jdoe@machine(comment).  example>\r\n"
        "To    : Mary Smith\r\n"
        "  \r\n"
        "          <mary@example.net>\r\n"
        "Subject     : Saying Hello\r\n"
        "Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\r\n"
        "Message-ID  : <1234   @   local(blah)  .machine .example>\r\n\r\n"
        "This is a message just to say hello.\r\n";
    const PartTree tree = parse_parts(text);
    const Header& header = tree.parts[0].header;
    EXPECT_EQ(addresses(header, "From"), "[John Doe|jdoe@machine.example]");
    EXPECT_EQ(addresses(header, "To"), "[Mary Smith|mary@example.net]");
    EXPECT_EQ(decode_text(header.find("Subject")->value).text, "Saying Hello");
    EXPECT_EQ(date(header, "Date"), "1997-11-21T09:55:06-06:00");
    EXPECT_EQ(tree.body(tree.parts[0]), "This is a message just to say hello.\r\n");
    EXPECT_EQ(ids(header, "Message-ID"), Ids{"1234@local.machine.example"});
}

// RFC 6532 section 3.2: UTF-8 wherever atext, qtext, dtext and ctext may stand.
TEST(Rfc6532, Utf8InFields) {
    const Header header = parse_header(
        "From: Jøran Øygårdvær <jøran@blåbærsyltetøy.example>\r\n"
        "To: \"Ø, \\\"Å\\\"\" <\"ø å\"@[ø]>, 阿Q:阿@例.test;\r\n"
        "Subject: 日本語\r\n"
        "Message-ID: <ø@å.example>\r\n\r\n");
    EXPECT_EQ(addresses(header, "From"), "[Jøran Øygårdvær|jøran@blåbærsyltetøy.example]");
    EXPECT_EQ(addresses(header, "To"), "[Ø, \"Å\"|\"ø å\"@[ø]]阿Q:[|阿@例.test];");
    EXPECT_EQ(decode_text(header.find("Subject")->value).text, "日本語");
    EXPECT_EQ(ids(header, "Message-ID"), Ids{"ø@å.example"});
}

}  // namespace
}  // namespace mailpipe::mime
