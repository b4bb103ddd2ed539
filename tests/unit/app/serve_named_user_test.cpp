#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/named_user.hpp"

namespace mailpipe::app::serve {
namespace {

using namespace std::string_literals;

TEST(NamedUser, IsFoundInEachMechanism) {
    const std::tuple<const char*, std::string, const char*> rows[] = {
        {"PLAIN", "\0bob\0secret"s, "bob"},
        {"PLAIN", "al\0bob\0secret"s, "bob"},
        {"PLAIN", "bob", ""},
        {"LOGIN", "bob", "bob"},
        {"CRAM-MD5", "bob 0123456789abcdef", "bob"},
        {"SCRAM-SHA-256", "n,,n=bob,r=nonce", "bob"},
        {"OAUTHBEARER", "n,a=bob,\x01"s + "auth=Bearer x\x01\x01", "bob"},
        {"XOAUTH2", "user=bob\x01"s + "auth=Bearer x\x01\x01", "bob"},
        {"EXTERNAL", "", ""},
    };
    for (const auto& [mechanism, message, user] : rows)
        EXPECT_EQ(named_user(mechanism, message), user) << mechanism;
}

}  // namespace
}  // namespace mailpipe::app::serve
