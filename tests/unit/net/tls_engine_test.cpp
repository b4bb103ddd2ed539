#include "mailpipe/net/tls.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/net/certificates.hpp"

namespace mailpipe::net {
namespace {

using test::Authority;
using test::CertificateFiles;
using test::TemporaryDirectory;

// Two engines whose ciphertext is carried by hand, `step` octets at a time.
struct Pair {
    std::unique_ptr<TlsEngine> client;
    std::unique_ptr<TlsEngine> server;
    std::size_t step;

    void carry(TlsEngine& from, TlsEngine& to) const {
        const std::string octets = from.take_ciphertext();
        for (std::size_t i = 0; i < octets.size(); i += step)
            to.put_ciphertext(std::string_view(octets).substr(i, step));
    }

    bool shake_hands() const {
        for (int i = 0; i < 10; ++i) {
            auto ours = client->handshake();
            carry(*client, *server);
            auto theirs = server->handshake();
            carry(*server, *client);
            if (!ours || !theirs) return false;
            if (*ours && *theirs) return true;
        }
        return false;
    }
};

Pair make_pair(std::size_t step) {
    auto self_signed = make_self_signed_context({"mail.example.org", "127.0.0.1", "::1"});
    EXPECT_TRUE(self_signed);
    TlsClientOptions options;
    options.host = "mail.example.org";
    options.pin_sha256 = {self_signed->pin_sha256};
    auto context = make_client_context(options);
    EXPECT_TRUE(context);
    return {std::move(*TlsEngine::client(*context, options)),
            std::move(*TlsEngine::server(self_signed->context)), step};
}

TEST(TlsEngineTest, CarriesDataOctetByOctet) {
    const std::string text(100'000, 'x');
    for (const std::size_t step : {1U, 7U, 65536U}) {
        const Pair pair = make_pair(step);
        ASSERT_TRUE(pair.shake_hands());
        ASSERT_TRUE(pair.client->write(text));
        pair.carry(*pair.client, *pair.server);
        std::string heard = "before";
        auto more = pair.server->read(heard);
        ASSERT_TRUE(more);
        EXPECT_TRUE(*more);
        EXPECT_EQ(heard, "before" + text);
        pair.client->shut_down();
        pair.carry(*pair.client, *pair.server);
        more = pair.server->read(heard);
        ASSERT_TRUE(more);
        EXPECT_FALSE(*more);
        EXPECT_EQ(pair.server->info().version, "TLSv1.3");
    }
}

TEST(TlsEngineTest, TruncationComesAfterTheData) {
    const Pair pair = make_pair(4096);
    ASSERT_TRUE(pair.shake_hands());
    ASSERT_TRUE(pair.server->write("half a reply"));
    pair.carry(*pair.server, *pair.client);
    pair.client->put_eof();
    std::string heard;
    auto more = pair.client->read(heard);
    ASSERT_TRUE(more);
    EXPECT_TRUE(*more);
    EXPECT_EQ(heard, "half a reply");
    more = pair.client->read(heard);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, Errc::tls);
}

TEST(TlsEngineTest, ADamagedRecordIsAnError) {
    const Pair pair = make_pair(4096);
    ASSERT_TRUE(pair.shake_hands());
    ASSERT_TRUE(pair.server->write("reply"));
    std::string octets = pair.server->take_ciphertext();
    octets.back() = static_cast<char>(octets.back() ^ 1);
    pair.client->put_ciphertext(octets);
    std::string heard;
    auto more = pair.client->read(heard);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, Errc::tls);
    EXPECT_EQ(heard, "");
    EXPECT_FALSE(pair.client->write("x"));
}

TEST(TlsEngineTest, NothingPassesBeforeTheHandshake) {
    const Pair pair = make_pair(4096);
    std::string heard;
    EXPECT_FALSE(pair.client->write("secret"));
    EXPECT_FALSE(pair.client->read(heard));
    EXPECT_EQ(pair.client->take_ciphertext(), "");
}

TEST(TlsEngineTest, OneOfSeveralNamesOrWhoeverAnswers) {
    const TemporaryDirectory directory;
    const Authority authority(directory, "ca");
    const CertificateFiles files = authority.issue("mx", {"mx", "DNS:mx.example.org"});
    const auto shakes = [&](const std::string& host, const std::vector<std::string>& others, bool verify) {
        TlsClientOptions options;
        options.host = host;
        options.other_names = others;
        options.verify = verify;
        options.ca_file = authority.file();
        auto client = make_client_context(options);
        auto server = make_server_context(files.certificate, files.key);
        if (!client || !server) return false;
        const Pair pair{std::move(*TlsEngine::client(*client, options)), std::move(*TlsEngine::server(*server)),
                        4096};
        return pair.shake_hands();
    };
    EXPECT_TRUE(shakes("mx.example.org", {}, true));
    EXPECT_FALSE(shakes("example.org", {}, true));
    EXPECT_TRUE(shakes("example.org", {"mx.example.org"}, true));
    EXPECT_FALSE(shakes("example.org", {"mx.example.net"}, true));
    EXPECT_TRUE(shakes("example.org", {}, false));
}

TEST(TlsContextTest, FilesThatCannotBeUsedAreConfig) {
    const TemporaryDirectory directory;
    const Authority authority(directory, "ca");
    const CertificateFiles one = authority.issue("one", {"one", "DNS:one"});
    const CertificateFiles two = authority.issue("two", {"two", "DNS:two"});
    const std::string junk = directory.file("junk");
    std::ofstream(junk) << "no PEM\n";
    const std::string locked = directory.file("locked.key");
    std::ofstream(locked)
        << "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    struct Case {
        std::string certificate;
        std::string key;
        const char* error;
    };
    const Case cases[] = {
        {directory.file("none"), one.key, "none: no usable certificate (PEM expected): No such file"},
        {junk, one.key, "junk: no usable certificate"},
        {one.certificate, directory.file("none"), "none: no usable private key"},
        {one.certificate, junk, "junk: no usable private key"},
        {one.certificate, locked, "locked.key: no usable private key"},
        {one.certificate, two.key, "two.key: this key does not belong to the certificate in"},
    };
    EXPECT_TRUE(make_server_context(one.certificate, one.key));
    for (const Case& each : cases) {
        auto context = make_server_context(each.certificate, each.key);
        ASSERT_FALSE(context) << each.error;
        EXPECT_EQ(context.error().kind, Errc::config);
        EXPECT_NE(context.error().message.find(each.error), std::string::npos) << context.error().message;
    }
}

TEST(TlsContextTest, ClientOptionsAreChecked) {
    const TemporaryDirectory directory;
    TlsClientOptions options;
    options.ca_file = directory.file("none.pem");
    auto context = make_client_context(options);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().kind, Errc::config);
    for (const char* pin : {"", "abc", "AAAA", "zz", "sha256//", "////"}) {
        TlsClientOptions pinned;
        pinned.pin_sha256 = {pin};
        auto refused = make_client_context(pinned);
        ASSERT_FALSE(refused) << pin;
        EXPECT_EQ(refused.error().kind, Errc::config);
    }
}

TEST(SelfSignedTest, NamesAreKeptApart) {
    EXPECT_FALSE(make_self_signed_context({}));
    // Such a name would add an entry if it went through OpenSSL's configuration syntax.
    auto self_signed = make_self_signed_context({"a.example,DNS:evil.example", std::string(200, 'n')});
    ASSERT_TRUE(self_signed) << self_signed.error().message;
    EXPECT_EQ(decode_base64(self_signed->pin_sha256).value_or("").size(), 32U);
}

}  // namespace
}  // namespace mailpipe::net
