#include "mailpipe/app/serve/test/fault_set.hpp"

#include <algorithm>

namespace mailpipe::app::serve {
namespace {

bool any_matches(const std::optional<std::string>& pattern, const std::vector<std::string>& texts) {
    return !pattern || std::any_of(texts.begin(), texts.end(), [&pattern](const std::string& text) {
        return matches_pattern(*pattern, text);
    });
}

bool holds(const Fault& fault, const FaultSituation& here) {
    // In a listing of all messages, message= chooses a line.
    const bool whole_listing = here.message == 0 && (here.point == "list" || here.point == "uidl");
    return fault.protocol == here.protocol &&
           (fault.point == here.point || (here.is_command && fault.point == "command")) &&
           any_matches(fault.to, here.to) &&
           (!fault.from || (here.has_from && matches_pattern(*fault.from, here.from))) &&
           (fault.user || !here.user_only) &&
           (!fault.user || (!here.user.empty() && matches_pattern(*fault.user, here.user))) &&
           (!fault.mailbox || (!here.mailbox.empty() && matches_pattern(*fault.mailbox, here.mailbox))) &&
           (!fault.tls || *fault.tls == here.tls) &&
           (!fault.message || *fault.message == here.message || whole_listing) &&
           (!fault.larger || here.size > *fault.larger);
}

std::string key_of(const Fault& fault, const FaultSituation& here) {
    std::string key;
    for (const std::string& name : fault.per) {
        if (name == "to") {
            for (const std::string& to : here.to)
                key += to + '\0';
        } else if (name == "from") {
            key += here.from;
        } else if (name == "user") {
            key += here.user;
        } else if (name == "mailbox") {
            key += here.mailbox;
        } else {
            key += std::to_string(here.connection);
        }
        key += '\n';
    }
    return key;
}

// splitmix64
std::uint64_t mixed(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

}  // namespace

bool FaultSet::concern(FaultProtocol protocol) const {
    return std::any_of(rows_.begin(), rows_.end(),
                       [protocol](const Row& row) { return row.fault.protocol == protocol; });
}

bool FaultSet::show_expired() const {
    return std::any_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.fault.expired; });
}

bool FaultSet::chance(std::size_t row, std::uint64_t count, double probability) const {
    constexpr double kRange = 9007199254740992.0;  // 2^53, which a double holds exactly
    return static_cast<double>(mixed(mixed(seed_ + row) + count) >> 11) < probability * kRange;
}

const Fault* FaultSet::fire(const FaultSituation& situation, std::uint64_t* count) {
    const std::lock_guard lock(mutex_);
    const Fault* fired = nullptr;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const Fault& fault = rows_[i].fault;
        if (!holds(fault, situation)) continue;
        Counts& counts = rows_[i].counts[key_of(fault, situation)];
        ++counts.reached;
        if ((fault.n && counts.reached != *fault.n) || (fault.first && counts.reached > *fault.first) ||
            (fault.times && counts.fired >= *fault.times) || fired != nullptr ||
            !chance(i, counts.reached, fault.probability))
            continue;
        ++counts.fired;
        if (count != nullptr) *count = counts.reached;
        fired = &fault;
    }
    return fired;
}

}  // namespace mailpipe::app::serve
