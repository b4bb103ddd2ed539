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

namespace {

// The messages that the run looks at, each with its key.
class Listing {
 public:
    struct Entry {
        std::uint32_t number = 0;
        bool ambiguous = false;
        KeyTable::Id key = KeyTable::kNone;
        std::uint64_t size = 0;
    };

    Listing(Pop3Maildrop& maildrop, const FetchJob& job, Pop3Plan& plan) : keys_(plan.listed) {
        const KeyTable uses = count_uses(maildrop.uidls);
        std::sort(maildrop.uidls.begin(), maildrop.uidls.end(), by_number);
        KeyTable named;
        if (job.refs()) {
            for (const auto& ref : *job.refs()) {
                const std::string uidl = ref.uidl.value_or(std::string());
                if (!uses.contains(uidl)) plan.missing.push_back(ref);
                named.add(uidl);
            }
        }
        const auto max_size = job.selection().max_size;
        std::unordered_map<std::string, int> met;
        for (const auto& scan : maildrop.sizes) {
            const std::string_view uidl = uidl_of(maildrop.uidls, scan.number);
            if (job.refs() && (uidl.empty() || !named.contains(uidl))) continue;
            Entry entry{scan.number, false, KeyTable::kNone, scan.size};
            if (!uidl.empty()) {
                std::string key(uidl);
                entry.ambiguous = uses.value(*uses.find(uidl)) == kSeveral;
                if (entry.ambiguous) {
                    key += " " + std::to_string(scan.size);
                    key += " " + std::to_string(++met[key]);
                }
                entry.key = keys_.add(key);
            }
            if (!max_size || scan.size <= *max_size) entries_.push_back(entry);
        }
    }

    const std::vector<Entry>& entries() const { return entries_; }
    std::string_view key(const Entry& entry) const {
        return entry.key == KeyTable::kNone ? std::string_view{} : keys_.key(entry.key);
    }

 private:
    KeyTable& keys_;
    std::vector<Entry> entries_;
};

}  // namespace

Pop3Plan plan_pop3(Pop3Maildrop maildrop, FetchJob& job) {
    Pop3Plan plan;
    const Listing listing(maildrop, job, plan);
    maildrop = {};
    const auto& entries = listing.entries();
    const Judgement judged = job.judge(entries.size(), [&](std::size_t i) {
        return Listed{listing.key(entries[i]), entries[i].size};
    });
    const std::vector<bool>& goes = judged.goes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Listing::Entry& listed = entries[i];
        const std::string_view key = listing.key(listed);
        const Pop3Plan::Entry entry{listed.number, goes[i], listed.key, listed.size};
        if (key.empty()) {
            if (job.retention().all() && goes[i]) {
                plan.fetch.push_back(entry);
            } else {
                plan.unidentifiable.push_back(entry.number);
            }
        } else if (!job.state().is_done(key)) {
            if (job.is_wanted(key)) plan.fetch.push_back(entry);
        } else if (goes[i] && listed.ambiguous) {
            ++plan.ambiguous;
        } else if (goes[i]) {
            plan.remove.push_back(entry);
        }
    }
    return plan;
}

}  // namespace mailpipe::app
