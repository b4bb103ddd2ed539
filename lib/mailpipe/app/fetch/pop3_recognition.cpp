#include "mailpipe/app/fetch/pop3_recognition.hpp"

#include <algorithm>
#include <unordered_map>

namespace mailpipe::app {
namespace {

constexpr std::size_t kQueued = 128;

Result<KnownMessages> known_messages(const Pop3Maildrop& maildrop, const FetchJob& job,
                                     const FetchState& state) {
    if (state.is_new()) return job.known_without_journal();
    const bool renumbered =
        state.has_done() && !maildrop.uidls.empty() &&
        std::none_of(maildrop.uidls.begin(), maildrop.uidls.end(),
                     [&state](const pop3::ScanListing& entry) { return state.is_done(entry.uidl); });
    return renumbered ? known_by_journal(state) : KnownMessages{};
}

// Those with a UIDL that no other has.
std::vector<const pop3::ScanListing*> with_own_uidl(const Pop3Maildrop& maildrop) {
    std::unordered_map<std::string_view, int> uses;
    for (const auto& entry : maildrop.uidls)
        ++uses[entry.uidl];
    std::vector<const pop3::ScanListing*> found;
    for (const auto& entry : maildrop.uidls) {
        if (!entry.uidl.empty() && uses[entry.uidl] == 1) found.push_back(&entry);
    }
    return found;
}

}  // namespace

Result<void> recognise_pop3(const Pop3Maildrop& maildrop, FetchJob& job, Pop3Client& client) {
    auto known = known_messages(maildrop, job, job.state());
    if (!known) return tl::unexpected(known.error());
    if (known->empty() || !client.has_top()) return {};
    std::unordered_map<std::uint32_t, std::uint64_t> sizes;
    for (const auto& entry : maildrop.sizes)
        sizes.emplace(entry.number, entry.size);
    const auto asked = with_own_uidl(maildrop);
    Adopted adopted;
    Fingerprinter fingerprinter;
    std::size_t next = 0;
    for (std::size_t answered = 0; answered < asked.size();) {
        while (next < asked.size() && client.session().outstanding() < kQueued)
            client.session().top(asked[next++]->number, 0);
        auto step = client.next();
        if (!step) return tl::unexpected(step.error());
        if (const auto* data = std::get_if<pop3::MessageData>(&*step)) {
            fingerprinter.append(data->octets);
        } else if (std::holds_alternative<pop3::MessageEnd>(*step)) {
            const pop3::ScanListing& entry = *asked[answered++];
            auto found = known->take(fingerprinter.finish(), sizes[entry.number]);
            if (found) adopted.add(entry.uidl, std::move(*found));
        } else if (std::holds_alternative<pop3::Refused>(*step)) {
            ++answered;
            fingerprinter = {};
        } else if (!std::holds_alternative<pop3::MessageBegin>(*step)) {
            return unexpected_answer();
        }
    }
    if (adopted.done().empty()) return {};
    job.note(std::string(job.state().is_new() ? "there is no record of what was fetched"
                                              : "the UIDLs of the server are all others now") +
             ": " + std::to_string(adopted.done().size()) + " of " + std::to_string(asked.size()) +
             " messages are known by their header");
    if (auto recorded = job.state().record_done(adopted.done()); !recorded) return recorded;
    return job.state().sync();
}

}  // namespace mailpipe::app
