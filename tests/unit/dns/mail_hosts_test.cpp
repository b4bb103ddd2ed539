#include "mailpipe/dns/mail_hosts.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mailpipe::dns {
namespace {

std::size_t last(std::size_t count) {
    return count - 1;  // of Fisher and Yates: the order stays
}
std::size_t first(std::size_t) {
    return 0;
}

Records<Mx> records(std::vector<Mx> list) {
    Records<Mx> found;
    found.records = std::move(list);
    found.name = "example.org";
    return found;
}

std::string order(const std::vector<Mx>& list, const std::vector<std::string>& own = {},
                  const Choice& choice = last) {
    const auto hosts = order_mail_hosts("example.org", records(list), own, choice);
    if (!hosts) return hosts.error().message.substr(0, 24) + " " + hosts.error().reply->enhanced;
    std::string text;
    for (const MailHost& host : hosts->hosts)
        text += (text.empty() ? "" : " ") + host.name;
    return text;
}

TEST(MailHosts, Order) {
    struct Row {
        std::vector<Mx> records;
        std::vector<std::string> own;
        std::string hosts;
    };
    const Row rows[] = {
        {{{20, "b"}, {10, "a"}, {30, "c"}}, {}, "a b c"},
        {{{20, "b"}, {10, "a"}, {30, "b"}}, {}, "a b"},
        {{}, {}, "example.org"},
        {{{0, "."}}, {}, "example.org takes no mai 5.1.10"},
        {{{0, "."}, {10, "a"}}, {}, "a"},
        {{{10, "a"}, {20, "me"}, {20, "b"}, {30, "c"}}, {"me"}, "a"},
        {{{10, "me"}, {20, "b"}}, {"me"}, "mail for example.org loo 5.4.6"},
        {{{10, "b"}, {10, "me"}}, {"me"}, "mail for example.org loo 5.4.6"},
        {{}, {"example.org"}, "mail for example.org loo 5.4.6"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(order(row.records, row.own), row.hosts);
}

TEST(MailHosts, EqualPreferenceIsChance) {
    const std::vector<Mx> list{{10, "a"}, {10, "b"}, {10, "c"}, {20, "d"}, {20, "e"}};
    EXPECT_EQ(order(list), "a b c d e");
    EXPECT_EQ(order(list, {}, first), "b c a e d");
    std::set<std::string> orders;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 2; ++j) {
            orders.insert(order({{1, "a"}, {1, "b"}, {1, "c"}}, {},
                                [&](std::size_t count) { return count == 3 ? i : j; }));
        }
    }
    EXPECT_EQ(orders.size(), 6U);
}

TEST(MailHosts, NoSuchDomain) {
    Records<Mx> none;
    none.no_name = true;
    const auto hosts = order_mail_hosts("gone.example", none, {}, last);
    ASSERT_FALSE(hosts);
    EXPECT_EQ(hosts.error().kind, Errc::no_host);
    EXPECT_EQ(hosts.error().reply->enhanced, "5.1.2");
}

TEST(MailHosts, ImplicitBehindACname) {
    Records<Mx> none;
    none.name = "real.example";
    const auto hosts = order_mail_hosts("alias.example", none, {}, last).value();
    EXPECT_TRUE(hosts.implicit);
    EXPECT_EQ(hosts.domain, "alias.example");
    EXPECT_EQ(hosts.hosts, std::vector<MailHost>({{"real.example", 0}}));
}

TEST(MailHosts, AHostThatTurnsOutToBeThisOne) {
    auto hosts = order_mail_hosts("example.org", records({{10, "a"}, {20, "b"}, {20, "c"}}), {}, last).value();
    EXPECT_TRUE(leave_out_own(hosts, 20));
    EXPECT_EQ(hosts.hosts.size(), 1U);
    EXPECT_FALSE(leave_out_own(hosts, 10));
}

TEST(MailHosts, AddressLiteral) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"[127.0.0.1]", "127.0.0.1"},
        {"[IPv6:::1]", "::1"},
        {"[ipv6:2001:DB8::1]", "2001:db8::1"},
        {"[::1]", ""},
        {"[127.0.0.1", ""},
        {"127.0.0.1", ""},
        {"[1.2.3]", ""},
        {"[IPv6:1.2.3.4]", ""},
        {"[]", ""},
        {"[x-tag:abc]", ""},
        {"example.org", ""},
        {"", ""},
    };
    for (const auto& [text, address] : rows)
        EXPECT_EQ(parse_address_literal(text).value_or(""), address) << text;
}

}  // namespace
}  // namespace mailpipe::dns
