#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/app/ordered_jobs.hpp"

namespace mailpipe::app {
namespace {

class StoreSource : public ListSource {
 public:
    StoreSource(std::shared_ptr<LocalStore> store, Listing& listing)
        : store_(std::move(store)), listing_(listing) {}

    Result<void> list_all() override {
        const auto entries = store_->reader().list();
        if (!entries) return tl::unexpected(entries.error());
        if (!listing_.query && listing_.output.detail() == ListSink::Detail::count)
            return listing_.output.count(entries->size());
        const auto [first, last] = listing_.wanted(entries->size());
        return list_range([&entries, first = first](std::size_t index) { return (*entries)[first + index]; },
                          last - first);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        for (const Location& ref : refs) {
            const auto entry = store_->find(ref);
            if (!entry) return tl::unexpected(entry.error());
            if (!*entry) {
                listing_.diagnostics.error(encode(ref), no_such_message());
            } else if (auto listed = write(look_at(**entry)); !listed) {
                return listed;
            }
        }
        return listing_.output.flush();
    }

    Result<void> list_entries(const std::vector<store::Entry>& entries) {
        return list_range([&entries](std::size_t index) { return entries[index]; }, entries.size());
    }

 private:
    // What has become of a message: it is listed, it cannot be read, or neither.
    struct Outcome {
        std::optional<Prepared> listed;
        std::string ref;
        std::optional<Error> error;
    };

    // Where job `job` begins: one message is in the first, so that it is written at once, then more and more.
    static std::size_t job_begin(std::size_t job) {
        constexpr std::size_t kDoublings = 6;
        if (job == 0) return 0;
        if (job <= kDoublings + 1) return std::size_t{1} << (job - 1);
        return (job - kDoublings) << kDoublings;
    }

    Result<void> list_range(const std::function<store::Entry(std::size_t)>& entry, std::size_t count) {
        std::size_t jobs = 0;
        while (job_begin(jobs) < count)
            ++jobs;
        const std::size_t ahead = 4 * job_threads();
        std::vector<std::vector<Outcome>> made(ahead);
        const auto make = [&](std::size_t job) {
            std::vector<Outcome>& outcomes = made[job % ahead];
            for (std::size_t i = job_begin(job); i < std::min(job_begin(job + 1), count); ++i)
                outcomes.push_back(look_at(entry(i)));
        };
        const auto take = [&](std::size_t job) -> Result<void> {
            for (Outcome& outcome : made[job % ahead]) {
                if (auto written = write(std::move(outcome)); !written) return written;
            }
            made[job % ahead].clear();
            return listing_.output.flush();
        };
        return run_in_order(jobs, ahead, make, take);
    }

    Result<void> write(Outcome outcome) {
        if (outcome.error) listing_.diagnostics.error(outcome.ref, *outcome.error);
        return outcome.listed ? listing_.output.write(std::move(*outcome.listed)) : Result<void>();
    }

    Outcome look_at(const store::Entry& entry) const {
        Candidate candidate;
        std::unique_ptr<store::MessageReader> opened;
        candidate.is_dated_when_opened = !entry.received_at;
        candidate.context = store_->context_of(entry);
        candidate.context.size = entry.size;
        while (true) {
            const auto verdict = candidate.judge(listing_.query, listing_.is_printed());
            if (!verdict) return {std::nullopt, candidate.context.ref, verdict.error()};
            if (verdict->listed) return {listing_.output.prepare(candidate), {}, std::nullopt};
            if (verdict->need == Candidate::Need::nothing) return {};
            const auto read = read_more(entry, verdict->need, candidate, opened);
            if (read) continue;
            // Others may remove messages while we list.
            if (read.error().kind == Errc::not_found) return {};
            return {std::nullopt, candidate.context.ref, read.error()};
        }
    }

    // `opened` is the message as it was opened last, for the next need.
    Result<void> read_more(const store::Entry& entry, Candidate::Need need, Candidate& candidate,
                           std::unique_ptr<store::MessageReader>& opened) const {
        if (need == Candidate::Need::size) {
            const auto size = store_->reader().size(entry);
            if (!size) return tl::unexpected(size.error());
            candidate.context.size = *size;
            return {};
        }
        // Its header may have been read already.
        if (!opened || need == Candidate::Need::message) {
            auto message = store_->reader().open(entry.id);
            if (!message) return tl::unexpected(message.error());
            opened = std::move(*message);
        }
        if (need == Candidate::Need::arrival) {
            candidate.context.received_at = opened->received_at();
            candidate.is_dated_when_opened = false;
            return {};
        }
        HeaderCollector header;
        std::string whole;
        while (true) {
            const auto text = opened->read();
            if (!text) return tl::unexpected(text.error());
            if (text->empty()) break;
            if (need == Candidate::Need::message) {
                whole += *text;
            } else if (!header.append(*text)) {
                break;
            }
        }
        if (need == Candidate::Need::message) {
            candidate.set_message(std::move(whole));
        } else {
            candidate.set_header(header.take());
        }
        return {};
    }

    std::shared_ptr<LocalStore> store_;
    Listing& listing_;
};

}  // namespace

Result<void> list_entries(std::shared_ptr<LocalStore> store, const std::vector<store::Entry>& entries,
                          Listing& listing) {
    return StoreSource(std::move(store), listing).list_entries(entries);
}

std::unique_ptr<ListSource> make_store_source(std::shared_ptr<LocalStore> store, Listing& listing) {
    return std::make_unique<StoreSource>(std::move(store), listing);
}

}  // namespace mailpipe::app
