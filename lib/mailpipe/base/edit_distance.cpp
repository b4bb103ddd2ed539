#include "mailpipe/base/edit_distance.hpp"

#include <algorithm>
#include <numeric>

namespace mailpipe {
namespace {

constexpr std::size_t kLeastPrefix = 3;
// Nothing that long is a misspelt word, and the work grows with the product of the lengths.
constexpr std::size_t kLongestWord = 200;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearest_word(std::string_view misspelt, const std::vector<std::string>& words) {
    if (misspelt.size() > kLongestWord) return {};
    std::string nearest;
    std::size_t least = std::max<std::size_t>(2, misspelt.size() / 4) + 1;
    for (const std::string& word : words) {
        const bool begins = misspelt.size() >= kLeastPrefix && word.starts_with(misspelt);
        const std::size_t steps = begins ? 1 : edit_distance(misspelt, word);
        // A word that shares nothing with it is no guess, however short both are.
        if (steps >= least || steps >= std::max(misspelt.size(), word.size())) continue;
        least = steps;
        nearest = word;
    }
    return nearest;
}

}  // namespace mailpipe
