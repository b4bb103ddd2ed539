#include "mailpipe/app/fetch/pop3_plan.hpp"

#include <unordered_map>

namespace mailpipe::app {

Pop3Plan plan_pop3(const Pop3Maildrop& maildrop, const Location& source,
                   const std::optional<std::vector<Location>>& refs, bool remove, const FetchState& state) {
    Pop3Plan plan;
    std::unordered_map<std::uint32_t, const std::string*> uidl_of;
    std::unordered_map<std::string, int> uses;
    for (const auto& entry : maildrop.uidls) {
        uidl_of.emplace(entry.number, &entry.uidl);
        ++uses[entry.uidl];
    }
    std::unordered_set<std::string> wanted;
    if (refs) {
        for (const auto& ref : *refs) {
            if (!uses.contains(ref.uidl.value_or(std::string()))) plan.missing.push_back(ref);
            wanted.insert(ref.uidl.value_or(std::string()));
        }
    }
    std::unordered_map<std::string, int> met;
    for (const auto& entry : maildrop.sizes) {
        Message message;
        message.number = entry.number;
        message.size = entry.size;
        const auto found = uidl_of.find(entry.number);
        if (found != uidl_of.end()) message.uidl = *found->second;
        if (refs && (message.uidl.empty() || !wanted.contains(message.uidl))) continue;
        const bool ambiguous = !message.uidl.empty() && uses[message.uidl] > 1;
        if (ambiguous) {
            const std::string of_size = message.uidl + " " + std::to_string(entry.size);
            message.key = of_size + " " + std::to_string(++met[of_size]);
        } else if (!message.uidl.empty()) {
            message.key = message.uidl;
            Location ref = source;
            ref.uidl = message.uidl;
            message.ref = encode(ref);
        }
        if (message.key.empty()) {
            if (remove) {
                plan.fetch.push_back(std::move(message));
            } else {
                plan.unidentifiable.push_back(entry.number);
            }
            continue;
        }
        plan.listed.insert(message.key);
        if (!state.is_done(message.key)) {
            plan.fetch.push_back(std::move(message));
        } else if (ambiguous) {
            if (remove) ++plan.ambiguous;
        } else if (remove) {
            plan.remove.push_back(std::move(message));
        }
    }
    return plan;
}

}  // namespace mailpipe::app
