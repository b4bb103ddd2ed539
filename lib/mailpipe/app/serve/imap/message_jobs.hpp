#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/imap/search_subject.hpp"

namespace mailpipe::app::serve {

// Calls make(first, second) for pieces of [0, count), on several threads where there is more than one piece, and
// taken(second) on this one behind each, in order. The first error ends all.
Result<void> in_pieces(std::size_t count, std::size_t piece,
                       const std::function<Result<void>(std::size_t, std::size_t)>& make,
                       const std::function<Result<void>(std::size_t)>& taken);

// Calls use(i, header) with the kept header of indices[i], an index into the snapshot, from several threads; not for messages
// that are gone. `indices` is ascending.
Result<void> for_each_header(const SearchView& view, const std::vector<std::uint32_t>& indices,
                             const std::function<void(std::size_t, std::string_view)>& use,
                             const std::function<Result<void>(std::size_t)>& taken);

}  // namespace mailpipe::app::serve
