#include <gtest/gtest.h>

#include "tests/unit/smtp/server_run.hpp"

namespace mailpipe::smtp::test {
namespace {

ServerOptions proxied(ServerProtocol protocol = ServerProtocol::smtp) {
    ServerOptions options = server_options(protocol);
    options.extensions.xclient = true;
    return options;
}

// The client as one line, then the codes.
std::string named_by(const std::string& attributes) {
    const ServerLog log = run_server("XCLIENT " + attributes + "\r\n", proxied(), std::string_view::npos);
    return (log.events.empty() ? "" : log.events.back() + ' ') + log.codes();
}

TEST(ServerXclient, IsOfferedToProxies) {
    const std::string offer = "250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n";
    const std::string hello = "EHLO nginx.example\r\n";
    EXPECT_NE(run_server(hello, proxied(), 1).output.find(offer), std::string::npos);
    EXPECT_EQ(run_server(hello, server_options(), 1).output.find("XCLIENT"), std::string::npos);
    const ServerLog refused = run_server("XCLIENT ADDR=192.0.2.7\r\n", server_options(), 1);
    EXPECT_EQ(refused.codes(), "220 550");
    EXPECT_TRUE(refused.events.empty());
}

TEST(ServerXclient, Attributes) {
    struct Row {
        const char* attributes;
        const char* says;
    };
    const Row rows[] = {
        {"ADDR=192.0.2.7 PORT=40000", "client 192.0.2.7 40000 SMTP 220 220"},
        {"addr=ipv6:2001:DB8::7", "client 2001:DB8::7 0 SMTP 220 220"},
        {"NAME=mail_1.example HELO=mail.example PROTO=esmtp", "client  0 ESMTP helo mail.example 220 220"},
        {"HELO=[IPv6:::1] PROTO=SMTP DESTADDR=192.0.2.1 DESTPORT=25", "client  0 SMTP helo [IPv6:::1] 220 220"},
        {"LOGIN=alice+40example.org", "client  0 SMTP login alice@example.org 220 220"},
        {"NAME=[TEMPUNAVAIL] ADDR=[UNAVAILABLE] LOGIN=[unavailable]", "client  0 SMTP 220 220"},
        {"ADDR=203.0.113.99", "client 203.0.113.99 0 SMTP 220 421"},  // server_run.hpp refuses it
        {"", "220 501"},
        {"ADDR", "220 501"},
        {"ADDR=", "220 501"},
        {"ADDR=192.0.2", "220 501"},
        {"ADDR=192.0.2.7]", "220 501"},
        {"ADDR=mail.example", "220 501"},
        {"ADDR=2001:db8::7", "220 501"},
        {"ADDR=192.0.2.7 ADDR=192.0.2.8", "220 501"},
        {"PORT=0", "220 501"},
        {"PORT=65536", "220 501"},
        {"PORT=00000000000000000000025", "220 501"},
        {"DESTPORT=x", "220 501"},
        {"DESTADDR=x", "220 501"},
        {"PROTO=LMTP", "220 501"},
        {"NAME=a+20b", "220 501"},
        {"HELO=a+0D+0Ab", "220 501"},
        {"HELO=", "220 501"},
        {"LOGIN=", "220 501"},
        {"LOGIN=alice+00", "220 501"},
        {"LOGIN=a=b", "220 501"},
        {"LOGIN=a+4", "220 501"},
        {"SOURCE=1", "220 501"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(named_by(row.attributes), row.says) << row.attributes;
}

TEST(ServerXclient, BeginsAnew) {
    const std::string mail = "MAIL FROM:<a@b.org>\r\n";
    struct Row {
        const char* name;
        std::string input;
        const char* codes;
    };
    const Row rows[] = {
        {"EHLO does not count any more", "EHLO nginx.example\r\nXCLIENT ADDR=192.0.2.7\r\n" + mail,
         "220 250 220 503"},
        {"HELO is the client's", "XCLIENT HELO=c.example\r\n" + mail, "220 220 250"},
        {"not inside of a transaction", "EHLO nginx.example\r\n" + mail + "XCLIENT ADDR=192.0.2.7\r\n",
         "220 250 250 503"},
        {"the proxy's login does not count any more",
         "EHLO n.example\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nXCLIENT HELO=c.example\r\nEXPN all\r\n",
         "220 250 235 220 502"},
        {"one that the proxy has seen does", "XCLIENT LOGIN=alice HELO=c.example\r\nEXPN all\r\n",
         "220 220 250"},
        {"twice", "XCLIENT LOGIN=alice\r\nXCLIENT HELO=c.example\r\nEXPN all\r\n", "220 220 220 502"},
        {"no password without TLS", "XCLIENT HELO=c.example PROTO=ESMTP\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
         "220 220 538"},
    };
    for (const Row& row : rows) {
        const ServerLog whole = run_server(row.input, proxied(), std::string_view::npos);
        EXPECT_EQ(whole.codes(), row.codes) << row.name << '\n' << whole.output;
        EXPECT_EQ(run_server(row.input, proxied(), 1), whole) << row.name;
    }
    EXPECT_EQ(run_server("XCLIENT ADDR=192.0.2.7\r\n", proxied(ServerProtocol::lmtp), 1).codes(), "220 220");
}

}  // namespace
}  // namespace mailpipe::smtp::test
