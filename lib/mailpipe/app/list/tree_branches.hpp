#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mailpipe::app {

// For each entry of a forest, in order and by its depth, what is drawn before it: a line from the entries above
// it that go on below, and a branch. What is deeper than 50 levels is drawn as if it were not.
std::vector<std::string> tree_branches(const std::vector<std::size_t>& depths);

}  // namespace mailpipe::app
