#include "mailpipe/app/serve/access/networks.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

TEST(ServeNetworks, Contain) {
    struct Row {
        const char* networks;
        const char* address;
        bool inside;
    };
    for (const Row& row : {
             Row{"192.0.2.7", "192.0.2.7", true},
             Row{"192.0.2.7", "192.0.2.8", false},
             Row{"192.0.2.7", "::ffff:192.0.2.7", true},
             Row{"192.0.2.0/24", "192.0.2.255", true},
             Row{"192.0.2.0/24", "192.0.3.0", false},
             Row{"192.0.2.128/25", "192.0.2.127", false},
             Row{"192.0.2.128/25", "192.0.2.200", true},
             Row{"0.0.0.0/0", "203.0.113.1", true},
             Row{"0.0.0.0/0", "2001:db8::1", false},
             Row{"::/0", "203.0.113.1", true},
             Row{"2001:db8::/32", "2001:db8:ffff::1", true},
             Row{"2001:db8::/33", "2001:db8:8000::1", false},
             Row{"::1,127.0.0.1", "127.0.0.1", true},
             Row{"::/0", "", false},
         }) {
        const auto networks = Networks::parse({row.networks});
        ASSERT_TRUE(networks) << row.networks;
        EXPECT_EQ(networks->contain(row.address), row.inside) << row.networks << ' ' << row.address;
    }
    EXPECT_FALSE(Networks().contain("127.0.0.1"));
}

TEST(ServeNetworks, ThatAreNone) {
    for (const char* text : {"", "x", "192.0.2.7/33", "192.0.2.7/", "192.0.2.7/-1", "::1/129", "192.0.2",
                             "192.0.2.7,", "a,192.0.2.7"})
        EXPECT_FALSE(Networks::parse({text})) << text;
}

}  // namespace
}  // namespace mailpipe::app::serve
