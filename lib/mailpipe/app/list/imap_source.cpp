#include <algorithm>
#include <unordered_set>

#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 500;
constexpr std::size_t kFetchesInFlight = 2;

class ImapSource : public ListSource {
 public:
    ImapSource(std::shared_ptr<ImapClient> client, Listing& listing)
        : client_(std::move(client)), listing_(listing) {}

    Result<void> list_all() override {
        auto uids = search(listing_.query ? email::encode_search(listing_.query) : "ALL");
        if (!uids) return tl::unexpected(uids.error());
        if (listing_.output.detail() == ListSink::Detail::count) return listing_.output.count(uids->size());
        const auto [first, last] = listing_.output.wanted(uids->size());
        uids->erase(uids->begin() + static_cast<std::ptrdiff_t>(last), uids->end());
        uids->erase(uids->begin(), uids->begin() + static_cast<std::ptrdiff_t>(first));
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

    Result<void> fetch(const std::vector<std::uint32_t>& uids) {
        auto next = uids.begin();
        std::size_t in_flight = 0;
        HeaderCollector header;
        while (true) {
            while (in_flight < kFetchesInFlight && next != uids.end()) {
                const auto count = std::min<std::ptrdiff_t>(uids.end() - next, kUidsAtOnce);
                client_->session().uid_fetch(uid_ranges(next, next + count), imap::FetchBody::header);
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
                if (auto listed = write(fetched->message, header.take()); !listed) return listed;
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                --in_flight;
            } else {
                return unexpected_answer();
            }
        }
    }

 private:
    Result<std::vector<std::uint32_t>> search(const std::string& criteria) {
        if (listing_.query && email::needs_within(listing_.query) && !client_->has_capability("WITHIN")) {
            return fail(Errc::unsupported,
                        "the server does not offer WITHIN, which OLDER and YOUNGER need; give SINCE or BEFORE");
        }
        return client_->search(criteria);
    }

    // Those of the UIDs that are there and match.
    Result<void> list_found(const std::vector<std::uint32_t>& uids, const std::vector<Location>& refs) {
        const std::string set = "UID " + uid_ranges(uids.begin(), uids.end());
        const auto found = search(listing_.query ? email::encode_search(listing_.query) + " " + set : set);
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

    Result<void> write(const imap::FetchedMessage& message, std::string header) {
        Candidate candidate;
        candidate.context = client_->context_of(message);
        candidate.context.size = message.size;
        candidate.set_header(std::move(header));
        if (by_ref_) fetched_.insert(message.uid);
        return listing_.output.write(candidate);
    }

    std::shared_ptr<ImapClient> client_;
    Listing& listing_;
    bool by_ref_ = false;
    std::unordered_set<std::uint32_t> fetched_;  // by list_refs
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
