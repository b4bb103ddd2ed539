#include "mailpipe/base/exit_status.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mailpipe {
namespace {

TEST(ExitStatus, OfEachKind) {
    struct Case {
        Errc kind;
        int status;
    };
    const Case cases[] = {
        {Errc::usage, 64},         {Errc::data, 65},        {Errc::not_found, 66}, {Errc::no_user, 67},
        {Errc::no_host, 68},       {Errc::unavailable, 69}, {Errc::permanent, 69}, {Errc::unsupported, 69},
        {Errc::cannot_create, 73}, {Errc::io, 74},          {Errc::temporary, 75}, {Errc::protocol, 76},
        {Errc::limit, 76},         {Errc::tls, 76},         {Errc::auth, 77},      {Errc::config, 78},
    };
    for (const Case& c : cases)
        EXPECT_EQ(exit_status(c.kind), c.status);
}

TEST(ExitStatus, TheWorseOfTwo) {
    constexpr std::array kOrder{70, 74, 73, 78, 77, 76, 69, 68, 67, 66, 65, 64, 75, 0};
    for (std::size_t i = 0; i < kOrder.size(); ++i) {
        for (std::size_t j = i; j < kOrder.size(); ++j) {
            EXPECT_EQ(worse_exit_status(kOrder[i], kOrder[j]), kOrder[i]);
            EXPECT_EQ(worse_exit_status(kOrder[j], kOrder[i]), kOrder[i]);
        }
    }
}

}  // namespace
}  // namespace mailpipe
