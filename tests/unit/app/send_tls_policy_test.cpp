#include "mailpipe/app/send/tls_policy.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(TlsPolicy, OptionsDecide) {
    struct Row {
        std::optional<TlsMode> mode;
        std::vector<std::string> required;
        std::string domain;
        TlsLevel level;
    };
    const Row rows[] = {
        {{}, {}, "a.org", TlsLevel::may},
        {TlsMode::may, {}, "a.org", TlsLevel::may},
        {TlsMode::none, {}, "a.org", TlsLevel::none},
        {TlsMode::starttls, {}, "a.org", TlsLevel::verify},
        {{}, {"a.org"}, "a.org", TlsLevel::verify},
        {{}, {"a.org"}, "b.a.org", TlsLevel::may},
        {{}, {".a.org"}, "b.a.org", TlsLevel::verify},
        {TlsMode::none, {"x.org", "a.org"}, "a.org", TlsLevel::verify},
    };
    for (const Row& row : rows) {
        const OptionsTlsPolicy policy(row.mode, row.required);
        dns::MailHosts hosts;
        hosts.domain = row.domain;
        const dns::MailHost host{"mx.example", 10};
        const TlsDemand demand = policy.decide({hosts, host, dns::Security::unknown}).value();
        EXPECT_EQ(demand.level, row.level);
        EXPECT_EQ(demand.names.size(), row.level == TlsLevel::verify ? 1U : 0U);
    }
}

}  // namespace
}  // namespace mailpipe::app
