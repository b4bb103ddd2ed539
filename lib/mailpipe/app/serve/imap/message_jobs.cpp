#include "mailpipe/app/serve/imap/message_jobs.hpp"

#include <algorithm>

#include "mailpipe/app/ordered_jobs.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kHeadersAtOnce = 512;

}  // namespace

Result<void> in_pieces(std::size_t count, std::size_t piece,
                       const std::function<Result<void>(std::size_t, std::size_t)>& make,
                       const std::function<Result<void>(std::size_t)>& taken) {
    const std::size_t pieces = (count + piece - 1) / piece;
    const auto end_of = [&](std::size_t number) { return std::min(count, (number + 1) * piece); };
    if (pieces <= 1) {
        if (count == 0) return {};
        auto made = make(0, count);
        return made ? taken(count) : made;
    }
    std::vector<Result<void>> made(pieces);
    return run_in_order(
        pieces, 4 * job_threads(),
        [&](std::size_t number) { made[number] = make(number * piece, end_of(number)); },
        [&](std::size_t number) -> Result<void> {
            if (!made[number]) return made[number];
            return taken(end_of(number));
        });
}

Result<void> for_each_header(const SearchView& view, const std::vector<std::uint32_t>& indices,
                             const std::function<void(std::size_t, std::string_view)>& use,
                             const std::function<Result<void>(std::size_t)>& taken) {
    const index::Snapshot& snapshot = *view.snapshot;
    return in_pieces(
        indices.size(), kHeadersAtOnce,
        [&](std::size_t first, std::size_t last) -> Result<void> {
            std::vector<index::Uid> uids;
            uids.reserve(last - first);
            for (std::size_t i = first; i < last; ++i)
                uids.push_back(snapshot[indices[i]].uid);
            std::size_t at = 0;
            return view.mailbox->facts(uids, index::kHeader, [&](index::Uid uid, const index::Facts& facts) {
                while (uids[at] != uid)
                    ++at;
                use(first + at, facts.header);
                return true;
            });
        },
        taken);
}

}  // namespace mailpipe::app::serve
