#include "mailpipe/app/send/explanation.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

struct Row {
    ServerReply reply;
    std::string_view says;
};

// Replies as these servers give them.
TEST(SendExplanation, Replies) {
    for (const Row& row : {
             Row{{550, "5.7.26",
                  "This mail has been blocked because the sender is unauthenticated. Gmail requires all "
                  "senders to authenticate with either SPF or DKIM."},
                 "publish SPF"},
             Row{{421, "4.7.28",
                  "Gmail has detected an unusual rate of unsolicited mail originating from your IP address."},
                 "spam"},
             Row{{550, "5.1.1", "The email account that you tried to reach does not exist."},
                 "no such mailbox"},
             Row{{534, "5.7.9", "Application-specific password required."}, "password made for this program"},
             Row{{550, "5.7.1",
                  "Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service "
                  "provider since part of their network is on our block list (S3140)."},
                 "Outlook.com"},
             Row{{554, "5.2.252", "SendAsDenied; alice@example.org not allowed to send as bob@example.org"},
                 "-f"},
             Row{{535, "5.7.139", "Authentication unsuccessful, basic authentication is disabled."},
                 "--token-command"},
             Row{{421, "4.7.0",
                  "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume"},
                 "Yahoo"},
             Row{{554, "5.7.1", "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"},
                 "Spamhaus"},
             Row{{450, "4.2.0", "<bob@example.org>: Recipient address rejected: Greylisted"}, "greylisting"},
             Row{{450, "4.7.25", "Client host rejected: cannot find your hostname"}, "PTR"},
             Row{{554, "5.7.1", "<bob@example.net>: Relay access denied"}, "log in"},
             Row{{553, "5.7.1", "<a@b.org>: Sender address rejected: not owned by user alice"}, "-f"},
             Row{{530, "5.7.0", "Must issue a STARTTLS command first"}, "TLS"},
             Row{{552, "5.2.2", "Mailbox quota exceeded"}, "full"},
             Row{{556, "5.1.10", "Recipient address has null MX"}, "null MX"},
             Row{{550, "5.7.30", "REQUIRETLS support required"}, "--require-tls"},
             Row{{550, "", "no"}, "for good"},
             Row{{451, "", "not now"}, "for now"},
         }) {
        const std::string said = explain(Error{Errc::permanent, "refused", row.reply});
        EXPECT_NE(said.find(row.says), std::string::npos) << row.reply.text << ": " << said;
    }
}

TEST(SendExplanation, ErrorsWithoutReply) {
    EXPECT_NE(explain({Errc::temporary, "cannot connect to x port 25: Connection refused"}).find("port 25"),
              std::string::npos);
    EXPECT_NE(explain({Errc::temporary, "timed out, no connection to x"}).find("firewall"), std::string::npos);
    EXPECT_NE(explain({Errc::tls, "certificate has expired"}).find("--tls-ca"), std::string::npos);
    EXPECT_NE(explain({Errc::no_host, "no such host: x"}).find("--server"), std::string::npos);
    EXPECT_EQ(explain({Errc::data, "line 7 has a bare CR"}), "");
}

}  // namespace
}  // namespace mailpipe::app
