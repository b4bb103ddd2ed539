#include "mailpipe/app/list/tree_branches.hpp"

#include <algorithm>

namespace mailpipe::app {
namespace {

// No table is wider, and a chain of replies that is as long as a mailbox would take its square of memory.
constexpr std::size_t kDrawnLevels = 50;

}  // namespace

std::vector<std::string> tree_branches(const std::vector<std::size_t>& depths) {
    std::vector<std::string> out(depths.size());
    // From the end: whether a sibling follows at each depth before a shallower entry does.
    std::vector<bool> followed;
    for (std::size_t i = depths.size(); i-- > 0;) {
        const std::size_t depth = depths[i];
        const bool last = followed.size() <= depth || !followed[depth];
        for (std::size_t above = 1; above < std::min(depth, kDrawnLevels); ++above)
            out[i] += above < followed.size() && followed[above] ? "│ " : "  ";
        if (depth > 0) out[i] += last ? "└ " : "├ ";
        followed.resize(depth + 1);
        followed[depth] = true;
    }
    return out;
}

}  // namespace mailpipe::app
