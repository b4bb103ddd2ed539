#include "mailpipe/app/serve/imap/imap_state.hpp"

#include <algorithm>

namespace mailpipe::app::serve {

Result<std::vector<std::size_t>> find_messages(const Selected& selected, const imap::server::NumberSet& set,
                                               bool uid) {
    const index::Snapshot& seen = *selected.seen;
    std::vector<std::size_t> indices;
    if (set.is_saved_result()) {
        for (const index::Uid saved : selected.saved)
            if (const auto index = seen.find(saved)) indices.push_back(*index);
        return indices;
    }
    if (!uid) {
        const auto count = static_cast<std::uint32_t>(seen.size());
        if (set.exceeds(count)) return fail(Errc::protocol, "There is no message of that number");
        for (const auto& [first, last] : set.resolve(count))
            for (std::size_t number = first; number <= last; ++number)
                indices.push_back(number - 1);
        return indices;
    }
    const index::Uid largest = seen.empty() ? 0 : seen[seen.size() - 1].uid;
    for (const auto& [first, last] : set.resolve(largest)) {
        const std::size_t end = last >= largest ? seen.size() : seen.lower_bound(last + 1);
        for (std::size_t index = seen.lower_bound(first); index < end; ++index)
            indices.push_back(index);
    }
    return indices;
}

std::string limit_messages(const Work& work, std::vector<std::size_t>& indices) {
    if (!are_too_many(work, indices.size())) return {};
    indices.erase(indices.begin(), indices.end() - static_cast<std::ptrdiff_t>(work.enabled.message_limit));
    const index::Uid lowest = (*work.state.selected->seen)[indices.front()].uid;
    return "MESSAGELIMIT " + std::to_string(work.enabled.message_limit) + " " + std::to_string(lowest);
}

bool are_too_many(const Work& work, std::size_t count) {
    return work.enabled.message_limit != 0 && count > work.enabled.message_limit;
}

Outcome refuse_too_many(const Work& work) {
    return refused("MESSAGELIMIT " + std::to_string(work.enabled.message_limit),
                   "These are more messages than one command takes");
}

std::vector<index::Uid> uids_of(const Selected& selected, const std::vector<std::size_t>& indices) {
    std::vector<index::Uid> uids;
    uids.reserve(indices.size());
    for (const std::size_t index : indices)
        uids.push_back((*selected.seen)[index].uid);
    return uids;
}

}  // namespace mailpipe::app::serve
