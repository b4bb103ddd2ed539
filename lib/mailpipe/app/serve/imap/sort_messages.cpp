#include "mailpipe/app/serve/imap/sort_messages.hpp"

#include <algorithm>
#include <numeric>

#include "mailpipe/app/serve/imap/message_jobs.hpp"

namespace mailpipe::app::serve {
namespace {

using Entry = SortCache::Entry;
using Values = std::vector<email::SortValue>;

constexpr std::uint32_t kNowhere = UINT32_MAX;

Result<void> go_on(std::size_t) {
    return {};
}

bool needs_header(const email::SortProgram& program) {
    return std::any_of(program.begin(), program.end(), [](const email::SortCriterion& criterion) {
        return criterion.key != email::SortKey::arrival && criterion.key != email::SortKey::size &&
               criterion.key != email::SortKey::relevancy;
    });
}

// The place of each of the ascending `indices` among the entry's UIDs; kNowhere for those that it does not know.
std::vector<std::uint32_t> places_of(const SearchView& view, const Indices& indices, const Entry* entry) {
    std::vector<std::uint32_t> out(indices.size(), kNowhere);
    if (entry == nullptr) return out;
    std::size_t at = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const index::Uid uid = (*view.snapshot)[indices[i]].uid;
        while (at < entry->uids.size() && entry->uids[at] < uid)
            ++at;
        if (at < entry->uids.size() && entry->uids[at] == uid) out[i] = static_cast<std::uint32_t>(at);
    }
    return out;
}

Indices unknown_of(const Indices& indices, const std::vector<std::uint32_t>& places) {
    Indices out;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (places[i] == kNowhere) out.push_back(indices[i]);
    }
    return out;
}

Result<std::vector<Values>> values_of(const SearchView& view, const email::SortProgram& program,
                                      const Indices& indices, const std::vector<int>& scores) {
    std::vector<Values> out(indices.size());
    const auto evaluate = [&](std::size_t i, std::string_view header) {
        const index::Message& message = (*view.snapshot)[indices[i]];
        const int score = scores.empty() ? 0 : scores[i];
        out[i] = email::sort_values(program, {header, message.internal_date, message.size, score});
    };
    if (!needs_header(program)) {
        for (std::size_t i = 0; i < indices.size(); ++i)
            evaluate(i, {});
        return out;
    }
    if (auto read = for_each_header(view, indices, evaluate, go_on); !read) return tl::unexpected(read.error());
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i].empty()) evaluate(i, {});  // gone
    }
    return out;
}

struct Item {
    index::Uid uid = 0;
    Values values;
};

// What the entry has of messages that are still there, and the new ones, in order.
std::vector<Item> merged(const SearchView& view, const email::SortProgram& program, const Entry* old,
                         std::vector<Item> fresh) {
    const auto before = [&program](const Item& a, const Item& b) {
        if (email::sorts_before(program, a.values, b.values)) return true;
        return !email::sorts_before(program, b.values, a.values) && a.uid < b.uid;
    };
    std::sort(fresh.begin(), fresh.end(), before);
    if (old == nullptr) return fresh;
    std::vector<Item> known(old->uids.size());
    for (std::size_t i = 0; i < old->uids.size(); ++i)
        known[old->ranks[i]] = {old->uids[i], old->by_rank[old->ranks[i]]};
    known.erase(std::remove_if(known.begin(), known.end(),
                               [&view](const Item& item) { return !view.snapshot->find(item.uid); }),
                known.end());
    std::vector<Item> out;
    out.reserve(known.size() + fresh.size());
    std::merge(std::make_move_iterator(known.begin()), std::make_move_iterator(known.end()),
               std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()),
               std::back_inserter(out), before);
    return out;
}

std::shared_ptr<Entry> entry_of(std::vector<Item> sorted) {
    auto entry = std::make_shared<Entry>();
    std::vector<std::uint32_t> by_uid(sorted.size());
    std::iota(by_uid.begin(), by_uid.end(), 0);
    std::sort(by_uid.begin(), by_uid.end(),
              [&](std::uint32_t a, std::uint32_t b) { return sorted[a].uid < sorted[b].uid; });
    for (const std::uint32_t rank : by_uid) {
        entry->uids.push_back(sorted[rank].uid);
        entry->ranks.push_back(rank);
    }
    for (Item& item : sorted)
        entry->by_rank.push_back(std::move(item.values));
    return entry;
}

Indices in_order(const Indices& indices, const std::vector<std::uint32_t>& places, const Entry& entry) {
    std::vector<std::uint32_t> slots(entry.uids.size(), kNowhere);
    for (std::size_t i = 0; i < indices.size(); ++i)
        slots[entry.ranks[places[i]]] = indices[i];
    Indices out;
    out.reserve(indices.size());
    std::copy_if(slots.begin(), slots.end(), std::back_inserter(out),
                 [](std::uint32_t index) { return index != kNowhere; });
    return out;
}

}  // namespace

Result<Indices> sort_messages(const SearchView& view, const email::SortProgram& program, Indices indices,
                              SortCache* cache, const std::vector<int>& scores) {
    // Those are of one search.
    if (email::sorts_by_relevancy(program)) cache = nullptr;
    const std::string what = email::encode_sort(program);
    const std::uint32_t validity = view.snapshot->uid_validity();
    SortCache::Pointer entry = cache == nullptr ? nullptr : cache->find(*view.mailbox, validity, what);
    std::vector<std::uint32_t> places = places_of(view, indices, entry.get());
    const Indices unknown = unknown_of(indices, places);
    if (unknown.empty() && entry) return in_order(indices, places, *entry);
    auto values = values_of(view, program, unknown, cache == nullptr ? scores : std::vector<int>());
    if (!values) return tl::unexpected(values.error());
    std::vector<Item> fresh(unknown.size());
    for (std::size_t i = 0; i < unknown.size(); ++i)
        fresh[i] = {(*view.snapshot)[unknown[i]].uid, std::move((*values)[i])};
    entry = entry_of(merged(view, program, entry.get(), std::move(fresh)));
    if (cache != nullptr) cache->put(*view.mailbox, validity, what, entry);
    places = places_of(view, indices, entry.get());
    return in_order(indices, places, *entry);
}

Result<std::vector<email::ThreadFacts>> thread_facts_of(const SearchView& view, const Indices& indices,
                                                        SortCache* cache) {
    const std::uint32_t validity = view.snapshot->uid_validity();
    const SortCache::Pointer old = cache == nullptr ? nullptr : cache->find(*view.mailbox, validity, "");
    const std::vector<std::uint32_t> places = places_of(view, indices, old.get());
    const Indices unknown = unknown_of(indices, places);
    std::vector<email::ThreadFacts> made(unknown.size());
    const auto make = [&](std::size_t i, std::string_view header) {
        made[i] = email::thread_facts(header, (*view.snapshot)[unknown[i]].internal_date);
    };
    if (auto read = for_each_header(view, unknown, make, go_on); !read) return tl::unexpected(read.error());
    std::vector<email::ThreadFacts> out(indices.size());
    for (std::size_t i = 0, next = 0; i < indices.size(); ++i)
        out[i] = places[i] == kNowhere ? std::move(made[next++]) : old->threads[places[i]];
    // What was asked for now is what is kept: most clients thread the whole mailbox.
    if (cache != nullptr && !unknown.empty()) {
        auto entry = std::make_shared<Entry>();
        for (const std::uint32_t index : indices)
            entry->uids.push_back((*view.snapshot)[index].uid);
        entry->threads = out;
        cache->put(*view.mailbox, validity, "", std::move(entry));
    }
    return out;
}

}  // namespace mailpipe::app::serve
