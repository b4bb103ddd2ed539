#include "mailpipe/app/fetch/pop3_plan.hpp"

#include <algorithm>
#include <unordered_map>

namespace mailpipe::app {
namespace {

constexpr std::uint8_t kSeveral = 2;  // messages with a UIDL

// The UIDLs with how many messages have them, up to kSeveral.
KeyTable count_uses(const std::vector<pop3::ScanListing>& uidls) {
    KeyTable uses;
    for (const auto& entry : uidls) {
        const KeyTable::Id id = uses.add(entry.uidl);
        if (uses.value(id) < kSeveral) uses.set_value(id, static_cast<std::uint8_t>(uses.value(id) + 1));
    }
    return uses;
}

bool by_number(const pop3::ScanListing& a, const pop3::ScanListing& b) {
    return a.number < b.number;
}

// Empty for a message without one. `uidls` is sorted.
std::string_view uidl_of(const std::vector<pop3::ScanListing>& uidls, std::uint32_t number) {
    const auto found =
        std::lower_bound(uidls.begin(), uidls.end(), pop3::ScanListing{number, 0, {}}, by_number);
    return found != uidls.end() && found->number == number ? std::string_view(found->uidl) : std::string_view{};
}

}  // namespace

Message Pop3Plan::message(const Entry& entry) const {
    Message message;
    message.number = entry.number;
    message.size = entry.size;
    if (entry.key == KeyTable::kNone) return message;
    message.key = listed.key(entry.key);
    message.uidl = message.key.substr(0, message.key.find(' '));
    return message;
}

Pop3Plan plan_pop3(Pop3Maildrop maildrop, const std::optional<std::vector<Location>>& refs, bool remove,
                   const FetchState& state) {
    Pop3Plan plan;
    const KeyTable uses = count_uses(maildrop.uidls);
    std::sort(maildrop.uidls.begin(), maildrop.uidls.end(), by_number);
    KeyTable wanted;
    if (refs) {
        for (const auto& ref : *refs) {
            const std::string uidl = ref.uidl.value_or(std::string());
            if (!uses.contains(uidl)) plan.missing.push_back(ref);
            wanted.add(uidl);
        }
    }
    std::unordered_map<std::string, int> met;
    for (const auto& listed : maildrop.sizes) {
        const std::string_view uidl = uidl_of(maildrop.uidls, listed.number);
        if (refs && (uidl.empty() || !wanted.contains(uidl))) continue;
        Pop3Plan::Entry entry{listed.number, KeyTable::kNone, listed.size};
        if (uidl.empty()) {
            if (remove) {
                plan.fetch.push_back(entry);
            } else {
                plan.unidentifiable.push_back(entry.number);
            }
            continue;
        }
        std::string key(uidl);
        const bool ambiguous = uses.value(*uses.find(uidl)) == kSeveral;
        if (ambiguous) {
            key += " " + std::to_string(listed.size);
            key += " " + std::to_string(++met[key]);
        }
        entry.key = plan.listed.add(key);
        if (!state.is_done(key)) {
            plan.fetch.push_back(entry);
        } else if (ambiguous) {
            if (remove) ++plan.ambiguous;
        } else if (remove) {
            plan.remove.push_back(entry);
        }
    }
    return plan;
}

}  // namespace mailpipe::app
