#include "mailpipe/app/list/arrangement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "mailpipe/app/list/tree_branches.hpp"

namespace mailpipe::app {
namespace {

using email::ThreadEntry;

// FNV-1a, 64 bits: the same on every machine and in every run, and no secret.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xCBF29CE484222325U;
    for (const char c : text)
        value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return value;
}

std::string thread_id(const std::string& message_id, const std::string& ref) {
    return fmt::format("T{:016x}", hash(message_id.empty() ? ref : message_id));
}

}  // namespace

std::string thread_id_of(const Candidate& candidate) {
    return thread_id(email::thread_facts(candidate.header_text(), 0).message_id, candidate.context.ref);
}

std::vector<ThreadPlace> place_threads(const std::vector<ThreadEntry>& entries,
                                       const std::vector<std::size_t>& rank, bool reverse) {
    std::vector<std::size_t> depths;
    for (const ThreadEntry& entry : entries)
        depths.push_back(entry.depth);
    std::vector<std::string> drawn = tree_branches(depths);

    struct Thread {
        std::size_t begin;
        std::size_t end;
        std::size_t best;
    };
    std::vector<Thread> threads;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].depth == 0) threads.push_back({i, i, SIZE_MAX});
        threads.back().end = i + 1;
        if (entries[i].message != ThreadEntry::kNoMessage && !rank.empty())
            threads.back().best = std::min(threads.back().best, rank[entries[i].message]);
    }
    std::stable_sort(threads.begin(), threads.end(),
                     [](const Thread& a, const Thread& b) { return a.best < b.best; });
    if (reverse) std::reverse(threads.begin(), threads.end());

    std::vector<ThreadPlace> places;
    for (const Thread& thread : threads) {
        std::size_t first = ThreadEntry::kNoMessage;
        for (std::size_t i = thread.begin; i < thread.end; ++i) {
            if (entries[i].message == ThreadEntry::kNoMessage) continue;
            if (first == ThreadEntry::kNoMessage) first = entries[i].message;
            places.push_back({entries[i].message, entries[i].depth, first, std::move(drawn[i])});
        }
    }
    return places;
}

void Arrangement::prepare(const Candidate& candidate, Prepared& message) const {
    if (order_.sort.empty() && !order_.thread) return;
    const auto received_at = static_cast<std::int64_t>(candidate.received_at());
    const std::string& header = candidate.header_text();
    if (!order_.sort.empty()) {
        message.sort_values =
            email::sort_values(order_.sort, {header, received_at, candidate.context.size.value_or(0)});
    }
    if (order_.thread) message.thread_facts = email::thread_facts(header, received_at);
}

void Arrangement::add(Prepared message) {
    records_.push_back(std::move(message.record));
    if (!order_.sort.empty()) sort_values_.push_back(std::move(message.sort_values));
    if (order_.thread) {
        thread_facts_.push_back(std::move(*message.thread_facts));
        thread_ids_.push_back(thread_id(thread_facts_.back().message_id, message.context.ref));
    }
}

std::vector<Arrangement::Placed> Arrangement::place() const {
    if (order_.thread) return place_threads();
    std::vector<Placed> placed;
    placed.reserve(records_.size());
    for (const std::size_t message : sorted())
        placed.push_back({message, {}});
    if (order_.reverse) std::reverse(placed.begin(), placed.end());
    return placed;
}

std::vector<std::size_t> Arrangement::sorted() const {
    std::vector<std::size_t> order(records_.size());
    std::iota(order.begin(), order.end(), 0);
    if (order_.sort.empty()) return order;
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return email::sorts_before(order_.sort, sort_values_[a], sort_values_[b]);
    });
    return order;
}

std::vector<Arrangement::Placed> Arrangement::place_threads() const {
    std::vector<std::size_t> rank;
    if (!order_.sort.empty()) {
        rank.resize(records_.size());
        const std::vector<std::size_t> order = sorted();
        for (std::size_t i = 0; i < order.size(); ++i)
            rank[order[i]] = i;
    }
    std::vector<Placed> placed;
    placed.reserve(records_.size());
    for (ThreadPlace& place :
         app::place_threads(email::thread(*order_.thread, thread_facts_), rank, order_.reverse)) {
        placed.push_back({place.message, {place.depth, thread_ids_[place.first], std::move(place.branch)}});
    }
    return placed;
}

}  // namespace mailpipe::app
