#include "mailpipe/app/serve/users/login_pool.hpp"

#include <gtest/gtest.h>

#include <future>

namespace mailpipe::app::serve {
namespace {

// In which order one thread does what was posted while it was busy.
std::string order_of(const std::vector<std::pair<std::string, bool>>& posted) {
    std::string order;
    {
        std::promise<void> gate;
        std::promise<void> held;
        LoginPool pool(1);
        pool.post("", false, [&] {
            held.set_value();
            gate.get_future().wait();
        });
        held.get_future().wait();
        for (const auto& one : posted) {
            const std::string address = one.first;
            pool.post(address, one.second, [&order, address] { order += address; });
        }
        gate.set_value();
    }
    return order;
}

TEST(ServeLoginPool, AddressesTakeTurns) {
    EXPECT_EQ(order_of({{"a", false}, {"a", false}, {"a", false}, {"b", false}, {"c", false}, {"b", false}}),
              "abcaba");
}

TEST(ServeLoginPool, SuspiciousAddressesComeLast) {
    EXPECT_EQ(order_of({{"x", true}, {"x", true}, {"a", false}, {"b", false}}), "abxx");
}

TEST(ServeLoginPool, SuspiciousAddressesAreNotForgotten) {
    std::vector<std::pair<std::string, bool>> posted{{"x", true}};
    for (int i = 0; i < 20; ++i)
        posted.emplace_back("a", false);
    const std::string order = order_of(posted);
    EXPECT_LT(order.find('x'), 10U) << order;
}

TEST(ServeLoginPool, TheLineIsBounded) {
    std::promise<void> gate;
    std::promise<void> held;
    std::size_t ran = 0;
    {
        LoginPool pool(1);
        pool.post("", false, [&] {
            held.set_value();
            gate.get_future().wait();
        });
        held.get_future().wait();
        for (std::size_t i = 0; i < LoginPool::kWaiting; ++i)
            EXPECT_TRUE(pool.post("x", true, [&ran] { ++ran; }));
        EXPECT_FALSE(pool.post("x", true, [] {}));
        EXPECT_TRUE(pool.post("a", false, [] {}));
        gate.set_value();
    }
    EXPECT_EQ(ran, LoginPool::kWaiting);
}

}  // namespace
}  // namespace mailpipe::app::serve
