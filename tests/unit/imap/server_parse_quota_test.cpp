#include "tests/unit/imap/server_parse_case.hpp"

namespace mailpipe::imap::server::test {
namespace {

TEST(ServerParseQuota, Commands) {
    expect_rows({
        {"GETQUOTA \"\"", "getquota []"},
        {"GETQUOTA !partition/sda4", "getquota [!partition/sda4]"},
        {"GETQUOTAROOT INBOX", "getquotaroot [INBOX]"},
        {"GETQUOTAROOT \"\"", "BAD mailbox name that is not empty expected at octet 15"},
        {"SETQUOTA \"\" (STORAGE 512 message 10)", "setquota [] STORAGE 512 MESSAGE 10"},
        {"SETQUOTA \"\" ()", "setquota []"},
        {"SETQUOTA \"\" (STORAGE)", "BAD SP expected at octet 22"},
        {"SETQUOTA \"\" (STORAGE -1)", "BAD resource-limit expected at octet 23"},
        {"SETQUOTA \"\" STORAGE 1", "BAD setquota-list expected at octet 14"},
    });
}

}  // namespace
}  // namespace mailpipe::imap::server::test
