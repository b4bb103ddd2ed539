#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/arrangement.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 500;
constexpr std::size_t kFetchesInFlight = 2;
constexpr std::size_t kHeld = 4 * kUidsAtOnce;  // fetched before their turn: then nothing more is asked for

class ImapSource : public ListSource {
 public:
    ImapSource(std::shared_ptr<ImapClient> client, Listing& listing)
        : client_(std::move(client)), listing_(listing) {}

    Result<void> list_all() override {
        if (auto checked = check_query(); !checked) return checked;
        if (listing_.output.detail() == ListSink::Detail::count) return count_all();
        if (can_order()) return list_in_order();
        const auto uids = find_wanted();
        if (!uids) return tl::unexpected(uids.error());
        return list(*uids);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        std::vector<std::uint32_t> uids;
        for (const Location& ref : refs) {
            if (client_->is_outdated(ref)) {
                listing_.diagnostics.error(encode(ref), client_->no_such_message(ref));
            } else {
                uids.push_back(ref.uid.value_or(0));
            }
        }
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        if (uids.empty()) return {};
        if (listing_.query || listing_.output.detail() == ListSink::Detail::context)
            return list_found(uids, refs);
        by_ref_ = true;
        fetched_.clear();
        if (auto listed = fetch(uids); !listed) return listed;
        for (const Location& ref : refs) {
            if (client_->is_outdated(ref) || fetched_.count(ref.uid.value_or(0)) > 0) continue;
            listing_.diagnostics.error(encode(ref), client_->no_such_message(ref));
        }
        return {};
    }

    // In the order of `uids`, which need not ascend.
    Result<void> fetch(const std::vector<std::uint32_t>& uids) {
        auto next = uids.begin();
        std::size_t in_flight = 0;
        HeaderCollector header;
        while (true) {
            while (in_flight < kFetchesInFlight && next != uids.end() && held_.size() < kHeld) {
                const auto count = std::min<std::ptrdiff_t>(
                    uids.end() - next, static_cast<std::ptrdiff_t>(client_->at_once(kUidsAtOnce)));
                std::vector<std::uint32_t> some(next, next + count);
                std::sort(some.begin(), some.end());
                client_->session().uid_fetch(uid_ranges(some.begin(), some.end()), imap::FetchBody::header);
                next += count;
                ++in_flight;
            }
            if (in_flight == 0) return {};
            auto step = client_->next_accepted();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::BodyBegin>(*step)) {
                header = {};
            } else if (const auto* data = std::get_if<imap::BodyData>(&*step)) {
                header.append(data->octets);
            } else if (auto* fetched = std::get_if<imap::Fetched>(&*step)) {
                // NIL: the message was expunged meanwhile.
                if (!fetched->message.has_body) continue;
                if (auto listed = take(fetched->message, header.take()); !listed) return listed;
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                --in_flight;
                if (in_flight > 0) continue;
                if (auto written = write_held(static_cast<std::size_t>(next - uids.begin())); !written)
                    return written;
                held_.clear();  // what the server has sent twice
            } else {
                return unexpected_answer();
            }
        }
    }

 private:
    // A message of the order that the server has made.
    struct Placed {
        std::uint32_t uid = 0;
        Placement place;         // without thread_id, which is known when the thread's first message is
        std::size_t thread = 0;  // the same for all messages of a thread
    };

    std::string criteria() const { return listing_.query ? email::encode_search(listing_.query) : "ALL"; }

    Result<void> check_query() const {
        if (listing_.query && email::needs_within(listing_.query) && !client_->has_capability("WITHIN")) {
            return fail(Errc::unsupported,
                        "the server does not offer WITHIN, which OLDER and YOUNGER need; give SINCE or BEFORE");
        }
        return {};
    }

    Result<void> count_all() {
        if (client_->has_capability("ESEARCH") || client_->has_capability("IMAP4REV2")) {
            const auto count = client_->search_count(criteria());
            return count ? listing_.output.count(*count) : tl::unexpected(count.error());
        }
        const auto uids = client_->search(criteria());
        return uids ? listing_.output.count(uids->size()) : tl::unexpected(uids.error());
    }

    // Those of all that match which the sink can still take, as it says which.
    Result<std::vector<std::uint32_t>> find_wanted() {
        const auto [begin, end] = listing_.output.wanted(limits::kListedMessages);
        const auto from = begin > 0 ? imap::ClientSession::End::last : imap::ClientSession::End::first;
        if (begin == end) return std::vector<std::uint32_t>{};
        if (end - begin < limits::kListedMessages && client_->session().can_search_partial(from))
            return client_->search_partial(criteria(), static_cast<std::uint32_t>(end - begin), from);
        auto uids = client_->search(criteria());
        if (!uids) return uids;
        const auto [first, last] = listing_.output.wanted(uids->size());
        return std::vector<std::uint32_t>(uids->begin() + static_cast<std::ptrdiff_t>(first),
                                          uids->begin() + static_cast<std::ptrdiff_t>(last));
    }

    // Whether the server can bring the messages in the order that is wanted: it knows of no other source.
    bool can_order() const {
        const Order& order = listing_.output.order();
        if (order.is_natural() || listing_.options.locations.size() != 1 || listing_.options.refs_from_stdin)
            return false;
        if (!order.sort.empty() && !client_->has_capability("SORT")) return false;
        if (email::needs_display_names(order.sort) && !client_->has_capability("SORT=DISPLAY")) return false;
        return !order.thread ||
               client_->has_capability("THREAD=" + std::string(email::encode_thread_algorithm(*order.thread)));
    }

    Result<void> list_in_order() {
        const Order& order = listing_.output.order();
        const auto left = listing_.output.room();
        Result<std::vector<std::uint32_t>> uids;
        if (order.thread) {
            uids = find_threads(order);
        } else if (!order.sort.empty()) {
            uids = sort(order);
        } else {
            uids = find_wanted();
        }
        if (!uids) return tl::unexpected(uids.error());
        if (order.reverse && !order.thread) std::reverse(uids->begin(), uids->end());
        if (uids->size() > left) uids->resize(static_cast<std::size_t>(left));
        if (!order.thread) {
            for (const std::uint32_t uid : *uids)
                placed_.push_back({uid, {}, 0});
        }
        return fetch(*uids);
    }

    Result<std::vector<std::uint32_t>> sort(const Order& order) {
        return client_->sort(email::encode_sort(order.sort), keys());
    }

    std::string keys() const { return listing_.query ? email::encode_search_keys(listing_.query) : "ALL"; }

    // Fills placed_.
    Result<std::vector<std::uint32_t>> find_threads(const Order& order) {
        const auto threads =
            client_->thread(std::string(email::encode_thread_algorithm(*order.thread)), keys());
        if (!threads) return tl::unexpected(threads.error());
        std::vector<std::uint32_t> uids;
        std::vector<email::ThreadEntry> entries;
        for (const imap::ThreadedMessage& message : *threads) {
            entries.push_back({message.uid == 0 ? email::ThreadEntry::kNoMessage : uids.size(), message.depth});
            if (message.uid != 0) uids.push_back(message.uid);
        }
        std::vector<std::size_t> rank;
        if (!order.sort.empty()) {
            const auto sorted = sort(order);
            if (!sorted) return tl::unexpected(sorted.error());
            std::unordered_map<std::uint32_t, std::size_t> rank_of;
            for (const std::uint32_t uid : *sorted)
                rank_of.emplace(uid, rank_of.size());
            for (const std::uint32_t uid : uids) {
                // What has arrived since comes last.
                const auto found = rank_of.find(uid);
                rank.push_back(found == rank_of.end() ? sorted->size() : found->second);
            }
        }
        std::vector<std::uint32_t> ordered;
        for (ThreadPlace& place : place_threads(entries, rank, order.reverse)) {
            ordered.push_back(uids[place.message]);
            placed_.push_back({ordered.back(), {place.depth, {}, std::move(place.branch)}, place.first});
        }
        return ordered;
    }

    // Those of the UIDs that are there and match.
    Result<void> list_found(const std::vector<std::uint32_t>& uids, const std::vector<Location>& refs) {
        const std::string set = "UID " + uid_ranges(uids.begin(), uids.end());
        if (auto checked = check_query(); !checked) return checked;
        const auto found = client_->search(listing_.query ? criteria() + " " + set : set);
        if (!found) return tl::unexpected(found.error());
        for (const Location& ref : refs) {
            const bool is_there = std::binary_search(found->begin(), found->end(), ref.uid.value_or(0));
            if (listing_.query || is_there || client_->is_outdated(ref)) continue;
            listing_.diagnostics.error(encode(ref), client_->no_such_message(ref));
        }
        return list(*found);
    }

    Result<void> list(const std::vector<std::uint32_t>& uids) {
        if (listing_.is_printed()) return fetch(uids);
        for (const std::uint32_t uid : uids) {
            Candidate candidate;
            candidate.context = client_->context_of(uid);
            if (auto written = listing_.output.write(candidate); !written) return written;
        }
        return {};
    }

    Result<void> take(const imap::FetchedMessage& message, std::string header) {
        Candidate candidate;
        candidate.context = client_->context_of(message);
        candidate.context.size = message.size;
        candidate.set_header(std::move(header));
        if (by_ref_) fetched_.insert(message.uid);
        if (placed_.empty()) return listing_.output.write(candidate);
        held_.emplace(message.uid, std::move(candidate));
        return write_held(0);
    }

    // A server answers in the order of the mailbox. Writes those whose turn it is; of the first `answered` all are
    // here that will ever be.
    Result<void> write_held(std::size_t answered) {
        for (; written_ < placed_.size(); ++written_) {
            Placed& placed = placed_[written_];
            const auto candidate = held_.find(placed.uid);
            if (candidate == held_.end()) {
                if (written_ < answered) continue;  // expunged meanwhile
                break;
            }
            if (listing_.output.order().thread) {
                if (thread_id_.empty() || placed.thread != thread_)
                    thread_id_ = thread_id_of(candidate->second);
                thread_ = placed.thread;
                placed.place.thread_id = thread_id_;
            }
            if (auto done = listing_.output.write_placed(candidate->second, placed.place); !done) return done;
            held_.erase(candidate);
        }
        return listing_.output.flush();
    }

    std::shared_ptr<ImapClient> client_;
    Listing& listing_;
    bool by_ref_ = false;
    std::unordered_set<std::uint32_t> fetched_;  // by list_refs
    std::vector<Placed> placed_;                 // by list_in_order
    std::size_t written_ = 0;                    // of placed_
    std::unordered_map<std::uint32_t, Candidate> held_;
    std::size_t thread_ = 0;  // whose id thread_id_ is
    std::string thread_id_;
};

}  // namespace

Result<void> list_uids(std::shared_ptr<ImapClient> client, const std::vector<std::uint32_t>& uids,
                       Listing& listing) {
    return ImapSource(std::move(client), listing).fetch(uids);
}

std::unique_ptr<ListSource> make_imap_source(std::shared_ptr<ImapClient> client, Listing& listing) {
    return std::make_unique<ImapSource>(std::move(client), listing);
}

}  // namespace mailpipe::app
