#include "mailpipe/app/serve/loops.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/serve/connection.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(ServeLoops, LeastLoaded) {
    Loops loops(3);
    EXPECT_EQ(&loops.least_loaded(), &loops.first());
    for (const auto& loop : loops.all()) {
        EXPECT_EQ(&loops.least_loaded(), loop.get());
        ++loop->load;
    }
    EXPECT_EQ(&loops.least_loaded(), &loops.first());
    loops.all()[2]->load = 0;
    EXPECT_EQ(&loops.least_loaded(), loops.all()[2].get());
}

}  // namespace
}  // namespace mailpipe::app::serve
