#include "mailpipe/app/serve/smtp/trace_fields.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

TEST(ServeTraceFields, AllThree) {
    TraceInfo info;
    info.reverse_path = {"a", "b.org"};
    info.recipient = {"alice", "example.org"};
    info.helo = "client.example.net";
    info.peer_address = "192.0.2.7";
    info.host_name = "mx.example.org";
    info.protocol = with_protocol(false, true, false, true, true);
    info.id = "1";
    info.time = 1795518000;
    EXPECT_EQ(trace_fields(info),
              "Return-Path: <a@b.org>\r\n"
              "Delivered-To: alice@example.org\r\n"
              "Received: from client.example.net ([192.0.2.7])\r\n"
              "\tby mx.example.org (mailpipe) with ESMTPSA id 1\r\n"
              "\tfor <alice@example.org>; Tue, 24 Nov 2026 11:00:00 +0000\r\n");
    info.reverse_path = {};
    info.peer_address = "2001:db8::1";
    EXPECT_NE(trace_fields(info).find("Return-Path: <>\r\n"), std::string::npos);
    EXPECT_NE(trace_fields(info).find("([IPv6:2001:db8::1])"), std::string::npos);
    info.peer_address = "";
    EXPECT_NE(trace_fields(info).find("from client.example.net\r\n"), std::string::npos);
}

TEST(ServeTraceFields, Protocols) {
    EXPECT_EQ(with_protocol(false, false, false, false, false), "SMTP");
    EXPECT_EQ(with_protocol(false, true, false, false, false), "ESMTP");
    EXPECT_EQ(with_protocol(false, true, false, true, false), "ESMTPS");
    EXPECT_EQ(with_protocol(false, true, false, false, true), "ESMTPA");
    EXPECT_EQ(with_protocol(true, true, false, true, false), "LMTPS");
    EXPECT_EQ(with_protocol(false, true, true, false, false), "UTF8SMTP");
    EXPECT_EQ(with_protocol(false, true, true, true, true), "UTF8SMTPSA");
    EXPECT_EQ(with_protocol(true, true, true, false, false), "UTF8LMTP");
}

struct Row {
    std::string text;
    std::size_t count;
};

class ServeReceived : public testing::TestWithParam<Row> {};

TEST_P(ServeReceived, CountedInAnyPieces) {
    const std::string& text = GetParam().text;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        ReceivedCounter counter;
        counter.append(std::string_view(text).substr(0, at));
        counter.append(std::string_view(text).substr(at));
        EXPECT_EQ(counter.count(), GetParam().count) << at;
    }
    ReceivedCounter bytes;
    for (const char& c : text)
        bytes.append(std::string_view(&c, 1));
    EXPECT_EQ(bytes.count(), GetParam().count);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ServeReceived,
    testing::Values(Row{"", 0}, Row{"\r\nReceived: x\r\n", 0},
                    Row{"Received: a\r\nreceived:b\r\n\tReceived: c\r\nRECEIVED:\r\n\r\nReceived: d\r\n", 3},
                    Row{"X-Received: a\r\nReceived-SPF: b\r\nReceived: c\r\n", 1},
                    Row{"Receive\r\nReceived: c", 1}, Row{"Subject: x\r\n\r\n", 0}));

}  // namespace
}  // namespace mailpipe::app::serve
