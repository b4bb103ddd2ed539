#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// The body of a message/feedback-report (RFC 5965 section 3; RFC 6591, RFC 6692): a recipient's complaint about a
// message. Empty when it does not say.
struct FeedbackReport {
    std::string type;  // in lower case: abuse, fraud, virus, other, not-spam, auth-failure
    std::string user_agent;
    std::string original_mail_from;
    std::vector<std::string> original_rcpt_to;
    std::string source_ip;
    std::string arrival_date;  // as it is written; Received-Date means the same
    std::vector<std::string> reported_domains;
    std::string incidents;  // a number
    std::string auth_failure;
};

MAILPIPE_EXPORT FeedbackReport parse_feedback_report(std::string_view body);

// "The message from spammer@example.net to user@example.com was reported as spam (sent by 192.0.2.1)". One line.
MAILPIPE_EXPORT std::string feedback_sentence(const FeedbackReport& report);

}  // namespace mailpipe::email
