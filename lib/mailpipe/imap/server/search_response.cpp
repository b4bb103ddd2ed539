#include "mailpipe/imap/server/search_response.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <unordered_set>

#include "mailpipe/imap/server/number_set.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::imap::server {
namespace {

std::string encode_numbers(std::string_view name, const Found& found, std::optional<std::uint64_t> modseq) {
    std::string out = "* ";
    out += name;
    out.reserve(out.size() + found.size() * 8 + 32);
    for (const std::uint32_t number : found) {
        out += ' ';
        write_number(out, number);
    }
    if (modseq && !found.empty()) out += " (MODSEQ " + std::to_string(*modseq) + ")";
    return out + "\r\n";
}

// A sequence-set, which says nothing of the order within a range: of what is sorted only ascending runs are one.
std::string encode_set(Found::const_iterator begin, Found::const_iterator end) {
    std::string out;
    while (begin != end) {
        auto last = begin;
        while (std::next(last) != end && *std::next(last) == *last + 1)
            ++last;
        if (!out.empty()) out += ',';
        write_number(out, *begin);
        if (last != begin) {
            out += ':';
            write_number(out, *last);
        }
        begin = std::next(last);
    }
    return out;
}

std::string begin_esearch(const ESearch& of) {
    std::string out = "* ESEARCH (TAG ";
    write_string(out, of.tag);
    if (!of.mailbox.empty()) {
        out += " MAILBOX ";
        write_mailbox(out, of.mailbox, of.utf8);
        out += " UIDVALIDITY ";
        write_number(out, of.uid_validity);
    }
    out += ')';
    if (of.uid) out += " UID";
    return out;
}

auto iterator_at(const Found& found, std::size_t index) {
    return found.begin() + static_cast<Found::difference_type>(index);
}

// One of `changes` at a time: its position, 1 for the first, and what is there. Neighbours are one entry.
void write_changes(std::string& out, std::string_view name,
                   const std::vector<std::pair<std::size_t, Found>>& changes) {
    for (const auto& [position, numbers] : changes) {
        out += ' ';
        out += name;
        out += " (" + std::to_string(position) + " " + encode_set(numbers.begin(), numbers.end()) + ")";
    }
}

std::vector<std::size_t> indices_of(const std::pair<std::size_t, std::size_t>& range) {
    std::vector<std::size_t> out(range.second - range.first);
    std::iota(out.begin(), out.end(), range.first);
    return out;
}

}  // namespace

std::string encode_search(const Found& found, std::optional<std::uint64_t> modseq) {
    return encode_numbers("SEARCH", found, modseq);
}

std::string encode_sort(const Found& found, std::optional<std::uint64_t> modseq) {
    return encode_numbers("SORT", found, modseq);
}

std::string encode_thread(std::string_view threads) {
    std::string out = "* THREAD";
    if (!threads.empty()) out += ' ';
    out += threads;
    return out + "\r\n";
}

SelectedResults select_results(const SearchReturn& returns, std::size_t count) {
    SelectedResults out;
    if (count == 0) return out;
    if (returns.min) out.min = 0;
    if (returns.max) out.max = count - 1;
    if (!returns.partial) return out;
    const auto size = static_cast<std::int64_t>(count);
    const auto [a, b] = *returns.partial;
    // "-1" is the last of all; the two may stand in either order (RFC 9394 section 3.1).
    std::int64_t first = std::min(a, b);
    std::int64_t last = std::max(a, b);
    if (first < 0) {
        first += size + 1;
        last += size + 1;
    }
    first = std::max<std::int64_t>(first, 1);
    last = std::min(last, size);
    if (first <= last) out.partial = {static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last)};
    return out;
}

std::vector<std::size_t> kept_results(const SearchReturn& returns, std::size_t count) {
    std::vector<std::size_t> out;
    const bool some = (returns.min || returns.max || returns.partial) && !returns.all && !returns.count;
    if (!some) {
        for (std::size_t i = 0; i < count; ++i)
            out.push_back(i);
        return out;
    }
    const SelectedResults selected = select_results(returns, count);
    for (std::size_t i = selected.partial.first; i < selected.partial.second; ++i)
        out.push_back(i);
    for (const auto& end : {selected.min, selected.max}) {
        if (end) out.push_back(*end);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::string encode_esearch(const ESearch& of, const SearchReturn& returns, const Found& found,
                           std::optional<std::uint64_t> modseq, const std::vector<int>& scores) {
    if (!returns.min && !returns.max && !returns.all && !returns.count && !returns.partial) return "";
    std::string out = begin_esearch(of);
    const SelectedResults selected = select_results(returns, found.size());
    const auto write_one = [&](std::string_view name, std::optional<std::size_t> index) {
        if (!index) return;
        out += name;
        write_number(out, found[*index]);
    };
    write_one(" MIN ", selected.min);
    write_one(" MAX ", selected.max);
    if (returns.all && !found.empty()) out += " ALL " + encode_set(found.begin(), found.end());
    if (returns.count) out += " COUNT " + std::to_string(found.size());
    if (returns.partial) {
        out += " PARTIAL (" + std::to_string(returns.partial->first) + ":" +
               std::to_string(returns.partial->second) + " ";
        const auto [first, last] = selected.partial;
        out += first == last ? "NIL" : encode_set(iterator_at(found, first), iterator_at(found, last));
        out += ')';
    }
    if (modseq && !found.empty()) out += " MODSEQ " + std::to_string(*modseq);
    if (returns.relevancy) {
        out += " RELEVANCY (";
        for (const std::size_t told :
             returns.partial ? indices_of(selected.partial) : kept_results(returns, found.size()))
            out += std::to_string(scores[told]) + ' ';
        if (out.back() == ' ') out.pop_back();
        out += ')';
    }
    return out + "\r\n";
}

std::string encode_context_update(
    const ESearch& of, const Found& before, const Found& after,
    const std::function<std::uint32_t(std::uint32_t uid, bool removed)>& number_of) {
    const std::unordered_set<std::uint32_t> was(before.begin(), before.end());
    const std::unordered_set<std::uint32_t> is(after.begin(), after.end());
    std::vector<std::pair<std::size_t, Found>> removed, added;
    // From the last to the first: no removal moves what is removed after it.
    for (std::size_t i = before.size(); i-- > 0;) {
        if (is.count(before[i]) != 0) continue;
        const std::size_t position = of.sorted ? i + 1 : 0;
        const bool joins = !removed.empty() && (!of.sorted || removed.back().first == position + 1);
        if (!joins) removed.emplace_back();
        removed.back().first = position;
        removed.back().second.insert(removed.back().second.begin(), number_of(before[i], true));
    }
    // And from the first to the last: each comes to the place that it has in the end.
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (was.count(after[i]) != 0) continue;
        const std::size_t position = of.sorted ? i + 1 : 0;
        const bool joins =
            !added.empty() && (!of.sorted || added.back().first + added.back().second.size() == position);
        if (!joins) added.emplace_back(position, Found{});
        added.back().second.push_back(number_of(after[i], false));
    }
    std::string out;
    for (const auto& [name, changes] :
         {std::pair<std::string_view, const decltype(removed)&>("REMOVEFROM", removed),
          std::pair<std::string_view, const decltype(removed)&>("ADDTO", added)}) {
        if (changes.empty()) continue;
        out += begin_esearch(of);
        write_changes(out, name, changes);
        out += "\r\n";
    }
    return out;
}

}  // namespace mailpipe::imap::server
