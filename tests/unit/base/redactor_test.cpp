#include "mailpipe/base/redactor.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/encoding.hpp"

namespace mailpipe {
namespace {

struct Row {
    std::string secret;
    std::string text;
    std::string cleaned;
};

TEST(Redactor, TakesSecretsOutOfWords) {
    const Row rows[] = {
        {"secret", "", ""},
        {"secret", "no such thing", "no such thing"},
        {"secret", "secret", "***"},
        {"secret", "LOGIN alice secret?", "LOGIN alice ***?"},
        {"secret", "secretsecret, SECRET and sEcReT", "******, *** and ***"},
        {"abab", "xabababx", "x***abx"},
        {"a\"b\\c", R"(LOGIN alice "a\"b\\c" or a"b\c)", R"(LOGIN alice "***" or ***)"},
        {"sec", "sec", "sec"},
        {"", "anything", "anything"},
        {"secret", encode_base64("secret") + " x", "*** x"},
        {"secret", "<" + encode_base64(std::string("\0alice\0secret", 13)) + ">", "<***>"},
    };
    for (const Row& row : rows) {
        Redactor redactor;
        redactor.add(row.secret);
        EXPECT_EQ(redactor.clean(row.text), row.cleaned) << row.text;
    }
}

TEST(Redactor, FindsTheSecretInBase64OfAnyTextAroundIt) {
    for (std::size_t size = 4; size < 12; ++size) {
        const std::string secret = std::string("hush, hush!!").substr(0, size);
        Redactor redactor;
        redactor.add(secret);
        for (std::size_t before = 0; before < 7; ++before) {
            for (std::size_t after = 0; after < 7; ++after) {
                const std::string encoded =
                    encode_base64(std::string(before, 'x') + secret + std::string(after, 'y'));
                EXPECT_EQ(redactor.clean("(" + encoded + ")"), "(***)") << secret << " " << encoded;
            }
        }
    }
}

TEST(Redactor, KeepsSecretsApart) {
    Redactor redactor;
    redactor.add("alpha");
    redactor.add("alphabet");
    redactor.add("betting");
    EXPECT_EQ(redactor.clean("alpha alphabet alphabetting x"), "*** *** *** x");
    EXPECT_EQ(Redactor().clean("alpha"), "alpha");
}

TEST(Redactor, CleansErrorsAndTheirReplies) {
    Redactor redactor;
    redactor.add("secret");
    const Error cleaned =
        redactor.clean(Error{Errc::auth, "no: secret", ServerReply{535, "secret", "a secret"}});
    EXPECT_EQ(cleaned.kind, Errc::auth);
    EXPECT_EQ(cleaned.message, "no: ***");
    ASSERT_TRUE(cleaned.reply);
    EXPECT_EQ(cleaned.reply->code, 535);
    EXPECT_EQ(cleaned.reply->enhanced, "***");
    EXPECT_EQ(cleaned.reply->text, "a ***");
}

}  // namespace
}  // namespace mailpipe
