#include "mailpipe/app/list/mailboxes.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

Mailbox named(std::vector<std::string> levels, std::uint64_t total = 0) {
    Mailbox mailbox;
    mailbox.ref = "maildir:/x";
    mailbox.levels = std::move(levels);
    mailbox.total = total;
    mailbox.unread = total / 2;
    return mailbox;
}

TEST(Mailboxes, Record) {
    Mailbox mailbox = named({"Lists", "dev"}, 4);
    mailbox.delimiter = ".";
    mailbox.role = "archive";
    mailbox.quotas.push_back({"User quota", "octets", 1024, 2048});
    EXPECT_EQ(mailbox_record(mailbox).dump(),
              R"({"ref":"maildir:/x","mailbox":"Lists.dev","name":"dev","role":"archive","totalEmails":4,)"
              R"("unreadEmails":2,"quotas":[{"name":"User quota","resourceType":"octets","used":1024,)"
              R"("hardLimit":2048}]})");
}

TEST(Mailboxes, Table) {
    std::vector<Mailbox> mailboxes{named({"Sent"}, 2), named({"Lists", "b"}), named({"INBOX"}, 1000),
                                   named({"Lists", "a", "x"}), named({"Tr\x1b[2Jash\tx"}, 1)};
    mailboxes[0].role = "sent";
    mailboxes[2].role = "inbox";
    mailboxes[2].size = 123456;
    mailboxes[2].quotas = {{"User\nquota", "octets", 1 << 20, 1 << 30}, {"", "count", 3, 10}};
    mailboxes[0].quotas = mailboxes[2].quotas;
    sort_mailboxes(mailboxes);
    EXPECT_EQ(
        mailbox_table(mailboxes),
        (std::vector<std::string>{
            " UNREAD   TOTAL   SIZE  MAILBOX", "    500    1000   120K  INBOX", "                        Lists",
            "                        ├ a", "      0       0         │ └ x", "      0       0         └ b",
            "      1       2         Sent (sent)", "      0       1         Tr\xEF\xBF\xBD[2Jash x",
            "quota User\xEF\xBF\xBDquota: 1.0M of 1.0G", "quota 3 messages of 10 messages"}));
}

TEST(Mailboxes, FolderNames) {
    using Levels = std::vector<std::string>;
    EXPECT_EQ(folder_levels({}), Levels{"INBOX"});
    EXPECT_EQ(folder_levels({"B&APw-ro", "B&ad"}), (Levels{"B\xC3\xBCro", "B&ad"}));
}

}  // namespace
}  // namespace mailpipe::app
