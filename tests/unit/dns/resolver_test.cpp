#include "mailpipe/dns/resolver.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/dns/lookup.hpp"

namespace mailpipe::dns {
namespace {

using namespace std::string_literals;

// Answers by the first label of what is asked, on a port of its own.
class FakeServer {
 public:
    FakeServer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeServer() {
        stop_ = true;
        thread_.join();
        ::close(socket_);
    }
    std::string address() const { return "127.0.0.1@" + std::to_string(port_); }
    int asked() const { return asked_; }

 private:
    void serve() {
        while (!stop_) {
            pollfd waiting{socket_, POLLIN, 0};
            if (::poll(&waiting, 1, 20) <= 0) continue;
            std::array<char, 2048> buffer{};
            sockaddr_storage peer{};
            socklen_t length = sizeof peer;
            const auto size = ::recvfrom(socket_, buffer.data(), buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&peer), &length);
            if (size < 17) continue;
            asked_ += 1;
            const std::string reply = answer(std::string(buffer.data(), static_cast<std::size_t>(size)));
            if (!reply.empty())
                ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), length);
        }
    }

    static std::string record(std::string_view type, const std::string& rdata) {
        return "\xc0\x0c"s + std::string(type) + "\0\1\0\0\1\0"s + '\0' + static_cast<char>(rdata.size()) +
               rdata;
    }

    static std::string answer(const std::string& question) {
        std::size_t end = 12;
        while (question[end] != '\0')
            end += static_cast<unsigned char>(question[end]) + 1U;
        const std::string asked = question.substr(12, end + 5 - 12);
        const std::string label = question.substr(13, static_cast<unsigned char>(question[12]));
        char code = 0;
        std::vector<std::string> records;
        if (label == "silent") return "";
        if (label == "servfail") code = 2;
        if (label == "refused") code = 5;
        if (label == "gone") code = 3;
        // Preference 5, "mx" before the name that was asked for, compressed.
        if (label == "good") records = {record("\0\x0f"s, "\0\5\2mx\xc0\x0c"s)};
        if (label == "alias") records = {record("\0\5"s, "\4good\3org\0"s)};
        if (label == "many") {
            for (std::size_t i = 0; i <= limits::kDnsRecords; ++i)
                records.push_back(record("\0\1"s, "\1\1\1"s + static_cast<char>(i)));
        }
        std::string reply = question.substr(0, 2) + "\x85\x80"s;
        reply[3] = static_cast<char>(reply[3] | code);
        reply += "\0\1\0"s + static_cast<char>(records.size()) + "\0\0\0\0"s + asked;
        for (const std::string& one : records)
            reply += one;
        return reply;
    }

    int socket_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<int> asked_ = 0;
    std::thread thread_;
};

std::unique_ptr<Resolver> resolver_of(const FakeServer& server, std::chrono::milliseconds timeout) {
    ResolverOptions options;
    options.server = server.address();
    options.timeout = timeout;
    return make_resolver(std::move(options)).value();
}

TEST(Resolver, Answers) {
    const FakeServer server;
    const auto resolver = resolver_of(server, std::chrono::seconds(20));
    const auto found = lookup_mx(*resolver, "good.org").value();
    EXPECT_EQ(found.records, std::vector<Mx>({{5, "mx.good.org"}}));
    EXPECT_EQ(found.security, Security::unknown);
    EXPECT_EQ(lookup_mx(*resolver, "alias.org").value().name, "good.org");
    EXPECT_EQ(resolver->query("gone.org", Type::mx).value().outcome, Answer::Outcome::no_name);
    EXPECT_EQ(resolver->query("empty.org", Type::mx).value().outcome, Answer::Outcome::no_data);
    for (const char* name : {"servfail.org", "refused.org"}) {
        const auto failed = resolver->query(name, Type::mx);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().kind, Errc::temporary);
    }
    EXPECT_EQ(resolver->query("many.org", Type::a).error().kind, Errc::limit);
    EXPECT_EQ(resolver->query("a b.org", Type::a).error().kind, Errc::usage);
    EXPECT_EQ(resolver->query("a\\046b.org", Type::a).error().kind, Errc::usage);
}

TEST(Resolver, Deadline) {
    const FakeServer server;
    const auto resolver = resolver_of(server, std::chrono::milliseconds(1200));
    const auto begun = std::chrono::steady_clock::now();
    const auto failed = resolver->query("silent.org", Type::mx);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, Errc::temporary);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    EXPECT_TRUE(resolver->query("good.org", Type::mx));  // it is usable afterwards
}

TEST(Resolver, Interrupted) {
    const FakeServer server;
    ResolverOptions options;
    options.server = server.address();
    options.stop_requested = [] { return true; };
    const auto resolver = make_resolver(std::move(options)).value();
    EXPECT_EQ(resolver->query("silent.org", Type::mx).error().message, "interrupted");
}

TEST(Resolver, ManyThreads) {
    const FakeServer server;
    const auto resolver = resolver_of(server, std::chrono::seconds(20));
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                const auto found = lookup_mx(*resolver, "good." + std::to_string(i % 7) + ".org");
                if (found && found->records.size() == 1) good += 1;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(good, 160);
    EXPECT_LT(server.asked(), 100);  // the answers are kept
}

TEST(Resolver, WrongOptions) {
    ResolverOptions options;
    options.server = "ns.example.org";
    EXPECT_EQ(make_resolver(options).error().kind, Errc::usage);
    options.server = "127.0.0.1@53";
    options.trust_anchor_file = "/nonexistent/anchor";
    EXPECT_EQ(make_resolver(options).error().kind, Errc::config);
    options.trust_anchor_file = MAILPIPE_SOURCE_DIR "/LICENSE";
    EXPECT_EQ(make_resolver(options).error().kind, Errc::config);
}

}  // namespace
}  // namespace mailpipe::dns
