#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Levenshtein's distance, in octets.
MAILPIPE_EXPORT std::size_t edit_distance(std::string_view a, std::string_view b);

// The one of `words` that was probably meant by `misspelt`: one that it begins, or the nearest; empty when none
// is near. Of two equally near ones the first.
MAILPIPE_EXPORT std::string nearest_word(std::string_view misspelt, const std::vector<std::string>& words);

}  // namespace mailpipe
