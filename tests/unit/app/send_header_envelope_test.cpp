#include "mailpipe/app/send/header_envelope.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

struct Row {
    std::string header;
    std::vector<std::string> recipients;
    std::string sender;
};

TEST(HeaderEnvelope, TakesRecipientsAndSender) {
    const Row rows[] = {
        {"From: A <a@x.org>\r\nTo: b@x.org, C <c@x.org>\r\nCc: d@x.org\r\nBcc: e@x.org\r\n\r\n",
         {"b@x.org", "c@x.org", "d@x.org", "e@x.org"},
         "a@x.org"},
        {"Sender: s@x.org\r\nFrom: a@x.org, b@x.org\r\n\r\n", {}, "s@x.org"},
        {"From: a@x.org, b@x.org\r\n\r\n", {}, "a@x.org"},
        {"To: undisclosed-recipients:;\r\nSubject: x\r\n\r\n", {}, ""},
        {"to: Team: a@x.org,\r\n b@x.org;\r\nTo: c@x.org\r\n\r\n", {"a@x.org", "b@x.org", "c@x.org"}, ""},
        {"From: a@x.org\r\nTo: b@x.org\r\nResent-From: r@x.org\r\nResent-To: s@x.org\r\nResent-Bcc: "
         "t@x.org\r\n\r\n",
         {"s@x.org", "t@x.org"},
         "r@x.org"},
        // The topmost block is the latest.
        {"Resent-From: new@x.org\r\nResent-To: n@x.org\r\nResent-From: old@x.org\r\nResent-To: o@x.org\r\n"
         "Resent-Cc: oc@x.org\r\nTo: b@x.org\r\n\r\n",
         {"n@x.org"},
         "new@x.org"},
    };
    for (const Row& row : rows) {
        const HeaderEnvelope envelope = read_header_envelope(mime::parse_header(row.header));
        EXPECT_EQ(envelope.recipients, row.recipients) << row.header;
        EXPECT_EQ(envelope.sender.value_or(""), row.sender) << row.header;
    }
}

TEST(HeaderEnvelope, FindsEveryBlindField) {
    const std::string header =
        "Bcc: a@x.org,\r\n b@x.org\r\nTo: c@x.org\r\nBCC:\r\nResent-Bcc: d@x.org\r\n\r\n";
    std::string left;
    std::size_t at = 0;
    for (const auto& range : read_header_envelope(mime::parse_header(header)).blind) {
        left += header.substr(at, range.first - at);
        at = range.first + range.second;
    }
    EXPECT_EQ(left + header.substr(at), "To: c@x.org\r\n\r\n");
}

}  // namespace
}  // namespace mailpipe::app
