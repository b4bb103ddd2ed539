#include "mailpipe/index/snapshot.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::index {
namespace {

bool is_before(const Message& message, Uid uid) {
    return message.uid < uid;
}

// Which of the pieces that begin at `first` holds the index.
std::size_t piece_of(const std::vector<std::uint32_t>& first, std::size_t index) {
    return static_cast<std::size_t>(std::upper_bound(first.begin(), first.end(), index) - first.begin()) - 1;
}

}  // namespace

const Message& Snapshot::operator[](std::size_t index) const {
    const std::size_t at = piece_of(first_, index);
    const Group& group = *groups_[at];
    const std::size_t in_group = index - first_[at];
    const std::size_t chunk = piece_of(group.first, in_group);
    return (*group.chunks[chunk])[in_group - group.first[chunk]];
}

std::size_t Snapshot::lower_bound(Uid uid) const {
    const auto group = std::partition_point(groups_.begin(), groups_.end(), [uid](const auto& each) {
        return is_before(each->chunks.back()->back(), uid);
    });
    if (group == groups_.end()) return size_;
    const auto& chunks = (*group)->chunks;
    const auto chunk = std::partition_point(chunks.begin(), chunks.end(),
                                            [uid](const auto& each) { return is_before(each->back(), uid); });
    const auto message = std::lower_bound((*chunk)->begin(), (*chunk)->end(), uid, is_before);
    return first_[static_cast<std::size_t>(group - groups_.begin())] +
           (*group)->first[static_cast<std::size_t>(chunk - chunks.begin())] +
           static_cast<std::size_t>(message - (*chunk)->begin());
}

std::optional<std::size_t> Snapshot::find(Uid uid) const {
    const std::size_t index = lower_bound(uid);
    if (index == size_ || (*this)[index].uid != uid) return std::nullopt;
    return index;
}

std::optional<std::size_t> Snapshot::keyword(std::string_view name) const {
    const auto found = std::find_if(keywords_->begin(), keywords_->end(), [name](const std::string& each) {
        return ascii::equals_ignore_case(each, name);
    });
    if (found == keywords_->end()) return std::nullopt;
    return static_cast<std::size_t>(found - keywords_->begin());
}

}  // namespace mailpipe::index
