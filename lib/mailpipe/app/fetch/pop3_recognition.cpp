#include "mailpipe/app/fetch/pop3_recognition.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

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

struct Removed {
    std::uint64_t size = 0;
    Fingerprint print;
};

// Some servers add fields of their own.
bool is_same(const Fingerprint& a, const Fingerprint& b) {
    return a.header == b.header || (a.identity != 0 && a.identity == b.identity);
}

using Entries = std::vector<const pop3::ScanListing*>;

// Those with a UIDL that no other has.
Entries with_own_uidl(const Pop3Maildrop& maildrop) {
    std::unordered_map<std::string_view, int> uses;
    for (const auto& entry : maildrop.uidls)
        ++uses[entry.uidl];
    Entries found;
    for (const auto& entry : maildrop.uidls) {
        if (!entry.uidl.empty() && uses[entry.uidl] == 1) found.push_back(&entry);
    }
    return found;
}

std::unordered_map<std::uint32_t, std::uint64_t> sizes_of(const Pop3Maildrop& maildrop) {
    std::unordered_map<std::uint32_t, std::uint64_t> sizes;
    for (const auto& entry : maildrop.sizes)
        sizes.emplace(entry.number, entry.size);
    return sizes;
}

// use(entry, fingerprint) for each whose header is to be had.
template <class Use>
Result<void> look_at(Pop3Client& client, const Entries& asked, Use use) {
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
            use(*asked[answered++], fingerprinter.finish());
        } else if (std::holds_alternative<pop3::Refused>(*step)) {
            ++answered;
            fingerprinter = {};
        } else if (!std::holds_alternative<pop3::MessageBegin>(*step)) {
            return unexpected_answer();
        }
    }
    return {};
}

// A UIDL that comes again behind the removal of its message is that message, which some servers go on listing, or
// another one: there are servers that number the messages of each session. That one must not go unseen.
Result<void> forget_reused(const Pop3Maildrop& maildrop, FetchJob& job, Pop3Client& client) {
    const auto was_deleted = [&job](const pop3::ScanListing& entry) {
        return job.state().is_deleted(entry.uidl);
    };
    // Most maildrops have none, and can be large.
    if (std::none_of(maildrop.uidls.begin(), maildrop.uidls.end(), was_deleted)) return {};
    Entries listed = with_own_uidl(maildrop);
    std::erase_if(listed, [&](const auto* entry) { return !was_deleted(*entry); });
    if (listed.empty()) return {};
    std::unordered_map<std::string, Removed> removed;
    auto read = job.state().each_deleted([&removed](const FetchState::Done& done) {
        removed.insert_or_assign(std::string(done.key), Removed{done.size, done.print});
    });
    if (!read) return read;
    FetchState::Keys reused;
    const auto judge = [&](const pop3::ScanListing& entry, auto matches) {
        if (!matches(removed[entry.uidl])) reused.push_back(entry.uidl);
    };
    if (client.has_top()) {
        auto looked = look_at(client, listed, [&](const pop3::ScanListing& entry, const Fingerprint& print) {
            judge(entry, [&print](const Removed& before) { return is_same(before.print, print); });
        });
        if (!looked) return looked;
    } else {
        auto sizes = sizes_of(maildrop);
        for (const auto* entry : listed) {
            judge(*entry, [&](const Removed& before) { return before.size == sizes[entry->number]; });
        }
    }
    if (reused.empty()) return {};
    job.note(std::to_string(reused.size()) +
             " messages have the UIDL of others that were deleted, and count as new");
    return job.state().forget(reused);
}

// What is known by its header is as good as fetched.
Result<void> adopt(KnownMessages known, const Pop3Maildrop& maildrop, FetchJob& job, Pop3Client& client) {
    auto sizes = sizes_of(maildrop);
    const Entries asked = with_own_uidl(maildrop);
    Adopted adopted;
    auto looked = look_at(client, asked, [&](const pop3::ScanListing& entry, const Fingerprint& print) {
        auto found = known.take(print, sizes[entry.number]);
        if (found) adopted.add(entry.uidl, std::move(*found));
    });
    if (!looked) return looked;
    if (adopted.done().empty()) return {};
    job.note(std::string(job.state().is_new() ? "there is no record of what was fetched"
                                              : "the UIDLs of the server are all others now") +
             ": " + std::to_string(adopted.done().size()) + " of " + std::to_string(asked.size()) +
             " messages are known by their header");
    if (auto recorded = job.state().record_done(adopted.done()); !recorded) return recorded;
    return job.state().sync();
}

}  // namespace

Result<void> recheck_removals(Pop3Plan& plan, FetchJob& job, Pop3Client& client) {
    if (!client.has_top()) return {};
    std::vector<pop3::ScanListing> going;
    std::unordered_map<std::string_view, Fingerprint> before;
    for (const Pop3Plan::Entry& entry : plan.remove) {
        const std::string_view key = plan.listed.key(entry.key);
        if (job.state().is_deleted(key)) continue;
        going.push_back({entry.number, entry.size, std::string(key)});
        before.emplace(key, Fingerprint{});
    }
    if (going.empty()) return {};
    auto read = job.state().each_done([&before](const FetchState::Done& done) {
        if (const auto found = before.find(done.key); found != before.end()) found->second = done.print;
    });
    if (!read) return read;
    Entries asked;
    for (const pop3::ScanListing& entry : going)
        asked.push_back(&entry);
    std::unordered_set<std::uint32_t> others;
    auto looked = look_at(client, asked, [&](const pop3::ScanListing& entry, const Fingerprint& print) {
        const Fingerprint& known = before[entry.uidl];
        if (known != Fingerprint{} && !is_same(known, print)) others.insert(entry.number);
    });
    if (!looked || others.empty()) return looked;
    job.note(std::to_string(others.size()) +
             " messages have the UIDL of others that were fetched, and count as new");
    const auto is_other = [&others](const Pop3Plan::Entry& entry) { return others.contains(entry.number); };
    std::copy_if(plan.remove.begin(), plan.remove.end(), std::back_inserter(plan.fetch), is_other);
    std::erase_if(plan.remove, is_other);
    std::sort(plan.fetch.begin(), plan.fetch.end(),
              [](const Pop3Plan::Entry& a, const Pop3Plan::Entry& b) { return a.number < b.number; });
    return {};
}

Result<void> recognise_pop3(const Pop3Maildrop& maildrop, FetchJob& job, Pop3Client& client) {
    if (auto forgotten = forget_reused(maildrop, job, client); !forgotten) return forgotten;
    auto known = known_messages(maildrop, job, job.state());
    if (!known) return tl::unexpected(known.error());
    if (known->empty() || !client.has_top()) return {};
    return adopt(std::move(*known), maildrop, job, client);
}

}  // namespace mailpipe::app
