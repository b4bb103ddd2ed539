#include "mailpipe/app/serve/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/serve/metrics/http_answer.hpp"

namespace mailpipe::app::serve {
namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(ServeMetrics, CountsEvents) {
    Metrics metrics;
    for (const char* event : {
             R"({"event":"connection","url":"smtps://127.0.0.1:465"})",
             R"({"event":"connection","url":"pop3://127.0.0.1:110"})",
             R"({"event":"connection","url":"lmtp:/run/lmtp"})",
             R"({"event":"login","ok":true})",
             R"({"event":"login","ok":false})",
             R"({"event":"login"})",
             R"({"event":"delivery","reply":{"code":250},"size":100})",
             R"({"event":"delivery","reply":{"code":451}})",
             R"({"event":"delivery"})",
             R"({"event":"queued","connection":1,"size":20})",
             R"({"event":"queued","size":20})",
             R"({"event":"retrieval","size":7})",
             R"({"event":"removal","uidls":["a","b"]})",
             R"({"event":"reload","ok":true})",
             R"({"event":"error","kind":"limit"})",
             R"({"event":"error","kind":"never heard of"})",
         })
        metrics.observe(Json::parse(event));
    Gauges gauges;
    gauges.connections = 3;
    const std::string text = metrics.encode(gauges);
    for (const char* line : {
             "mailpipe_connections_open 3",
             "mailpipe_connections_total{protocol=\"smtp\"} 1",
             "mailpipe_connections_total{protocol=\"lmtp\"} 1",
             "mailpipe_connections_total{protocol=\"pop3\"} 1",
             "mailpipe_logins_total{result=\"ok\"} 1",
             "mailpipe_logins_total{result=\"refused\"} 2",
             "mailpipe_deliveries_total{result=\"ok\"} 1",
             "mailpipe_deliveries_total{result=\"failed\"} 2",
             "mailpipe_messages_queued_total 1",
             "mailpipe_received_octets_total 120",
             "mailpipe_retrievals_total 1",
             "mailpipe_retrieved_octets_total 7",
             "mailpipe_removals_total 2",
             "mailpipe_reloads_total{result=\"ok\"} 1",
             "mailpipe_errors_total{kind=\"limit\"} 1",
             "mailpipe_errors_total{kind=\"bug\"} 0",
         })
        EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(ServeMetrics, CountsRepliesByClass) {
    Metrics metrics;
    ReplyTally tally(metrics, nullptr);
    for (const char* line :
         {"220 mx ESMTP", "250-mx", "250-SIZE", "250 HELP", "354 go", "451 later", "550 5.1.1 no", "221", "+OK",
          "+OK 3", "-ERR no", "+", "", "9", "999 x", "199 x", "2x0 y", "25"})
        tally.server_line(line);
    const std::string text = metrics.encode({});
    for (const char* line :
         {"mailpipe_replies_total{class=\"2xx\"} 3", "mailpipe_replies_total{class=\"3xx\"} 1",
          "mailpipe_replies_total{class=\"4xx\"} 1", "mailpipe_replies_total{class=\"5xx\"} 1",
          "mailpipe_replies_total{class=\"ok\"} 2", "mailpipe_replies_total{class=\"err\"} 1"})
        EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(ServeMetrics, TimesAreCumulative) {
    using std::chrono::microseconds;
    Metrics metrics;
    for (const int time : {500, 1000, 1001, 40'000'000})
        metrics.reply_time(microseconds(time));
    const std::string text = metrics.encode({});
    for (const char* line :
         {"mailpipe_reply_seconds_bucket{le=\"0.001\"} 2", "mailpipe_reply_seconds_bucket{le=\"0.002\"} 3",
          "mailpipe_reply_seconds_bucket{le=\"30\"} 3", "mailpipe_reply_seconds_bucket{le=\"+Inf\"} 4",
          "mailpipe_reply_seconds_count 4", "mailpipe_reply_seconds_sum 40.002501"})
        EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(ServeMetrics, Requests) {
    struct Row {
        std::string octets;
        int status;  // 0: more is needed
    };
    for (const Row& row : {
             Row{"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200},
             Row{"GET /metrics HTTP/1.0\r\n\r\n", 200},
             Row{"GET /metrics?name=x HTTP/1.1\r\n\r\n", 200},
             Row{"GET / HTTP/1.1\r\n\r\n", 404},
             Row{"GET /metrics/../x HTTP/1.1\r\n\r\n", 404},
             Row{"POST /metrics HTTP/1.1\r\n\r\n", 405},
             Row{"GET /metrics HTTP/2.0\r\n\r\n", 400},
             Row{"GET /metrics\r\n\r\n", 400},
             Row{"\r\n\r\n", 400},
             Row{std::string("\x16\x03\x01", 3), 400},
             Row{"GET /metrics HTTP/1.1\r\n", 0},
             Row{"GET /metrics HTTP/1.1\n\n", 0},
             Row{"", 0},
             Row{"GET /" + std::string(kHttpRequest, 'x'), 400},
         }) {
        const auto request = parse_http_request(row.octets, "/metrics");
        EXPECT_EQ(request ? request->status : 0, row.status) << row.octets.substr(0, 100);
    }
    const std::string answer = encode_http_answer(405, "secret");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_NE(answer.find("\r\nAllow: GET\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("secret"), std::string::npos);
    EXPECT_TRUE(
        encode_http_answer(200, "abc").ends_with("\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"));
}

}  // namespace
}  // namespace mailpipe::app::serve
