#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseNotify, Commands) {
    expect_rows({
        {"NOTIFY NONE", "notify none"},
        {"NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From To)]) MessageExpunge "
         "FlagChange))",
         "notify set (selected new expunge flags fetch UID BODY[HEADER.FIELDS (From To)])"},
        {"NOTIFY SET STATUS (personal (MessageNew MessageExpunge MailboxName)) (subtree Lists NONE)",
         "notify set status (personal new expunge names) (subtree [Lists])"},
        {"NOTIFY SET (mailboxes (INBOX Sent) (SubscriptionChange MailboxMetadataChange ServerMetadataChange))",
         "notify set (mailboxes [INBOX] [Sent] subscriptions metadata server-metadata)"},
        {"NOTIFY SET (subtree-one a (MailboxName)) (inboxes NONE) (subscribed NONE) (selected-delayed NONE)",
         "notify set (subtree-one [a] names) (inboxes) (subscribed) (selected-delayed)"},
        {"NOTIFY SET (selected (MessageNew))", "BAD MessageNew and MessageExpunge go together"},
        {"NOTIFY SET (selected (FlagChange))", "BAD FlagChange without MessageNew"},
        {"NOTIFY SET (selected (MailboxName))", "BAD event of mailboxes for the selected mailbox"},
        {"NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
         "BAD fetch-att for other mailboxes than the selected"},
        {"NOTIFY SET (selected (AnnotationChange))",
         "NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange "
         "MailboxMetadataChange "
         "ServerMetadataChange)] event is not supported"},
        {"NOTIFY SET (nowhere NONE)", "BAD filter-mailboxes is not known"},
        {"NOTIFY SET", "BAD SP expected at octet 12"},
        {"NOTIFY ON", "BAD SET or NONE expected at octet 9"},
        {"NOTIFY SET ()", "BAD filter-mailboxes expected at octet 14"},
    });
}

}  // namespace
}  // namespace mailpipe::imap::server::test
