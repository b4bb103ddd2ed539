#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
        return list_range([&entries, first = first](
                              std::size_t index, store::Entry& entry) { entries->get(first + index, entry); },
                          last - first);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        Job job;
        for (const Location& ref : refs) {
            auto entry = store_->find(ref);
            if (!entry) return tl::unexpected(entry.error());
            if (!*entry) {
                listing_.diagnostics.error(encode(ref), no_such_message());
                continue;
            }
            job.entry = std::move(**entry);
            look_at(job);
            if (auto listed = write(job); !listed) return listed;
        }
        return listing_.output.flush();
    }

    Result<void> list_entries(const std::vector<store::Entry>& entries) {
        return list_range([&entries](std::size_t index, store::Entry& entry) { entry = entries[index]; },
                          entries.size());
    }

 private:
    // A message that cannot be read.
    struct Failure {
        std::size_t behind = 0;  // how many of Job::listed come first
        std::string ref;
        Error error;
    };
    // Messages that one thread looks at, one after the other in the same memory.
    struct Job {
        Joined joined;  // or, where the sink wants each by itself:
        std::vector<Prepared> listed;
        std::vector<Failure> failures;
        store::Entry entry;
        Candidate candidate;
        // The message as it was opened last, of this entry or of the one before.
        std::unique_ptr<store::MessageReader> opened;
        bool is_open = false;
    };

    // Where job `job` begins: one message is in the first, so that it is written at once, then more and more.
    static std::size_t job_begin(std::size_t job) {
        constexpr std::size_t kDoublings = 8;
        if (job == 0) return 0;
        if (job <= kDoublings + 1) return std::size_t{1} << (job - 1);
        return (job - kDoublings) << kDoublings;
    }

    Result<void> list_range(const std::function<void(std::size_t, store::Entry&)>& get, std::size_t count) {
        std::size_t jobs = 0;
        while (job_begin(jobs) < count)
            ++jobs;
        const std::size_t ahead = 4 * job_threads();
        std::vector<Job> made(ahead);
        const auto make = [&](std::size_t number) {
            Job& job = made[number % ahead];
            for (std::size_t i = job_begin(number); i < std::min(job_begin(number + 1), count); ++i) {
                get(i, job.entry);
                look_at(job);
            }
        };
        const auto take = [&](std::size_t number) -> Result<void> {
            if (auto written = write(made[number % ahead]); !written) return written;
            return listing_.output.flush();
        };
        return run_in_order(jobs, ahead, make, take);
    }

    Result<void> write(Job& job) {
        auto failure = job.failures.begin();
        const auto report = [&](std::size_t written) {
            for (; failure != job.failures.end() && failure->behind <= written; ++failure)
                listing_.diagnostics.error(failure->ref, failure->error);
        };
        for (std::size_t i = 0; i < job.listed.size(); ++i) {
            report(i);
            if (auto written = listing_.output.write(std::move(job.listed[i])); !written) return written;
        }
        report(SIZE_MAX);
        job.listed.clear();
        job.failures.clear();
        Result<void> written;
        if (job.joined.messages > 0) written = listing_.output.write_joined(job.joined);
        job.joined.clear();
        return written;
    }

    // Puts into the job what becomes of its entry: listed, a failure, or neither.
    void look_at(Job& job) const {
        Candidate& candidate = job.candidate;
        candidate.start_over();
        job.is_open = false;
        candidate.is_dated_when_opened = !job.entry.received_at;
        store_->set_context(job.entry, candidate.context);
        candidate.context.size = job.entry.size;
        const auto failed = [&](const Error& error) {
            job.failures.push_back({job.listed.size(), candidate.context.ref, error});
        };
        while (true) {
            const auto verdict = candidate.judge(listing_.query, listing_.is_printed());
            if (!verdict) return failed(verdict.error());
            if (verdict->listed) {
                if (!listing_.output.join(candidate, job.joined))
                    job.listed.push_back(listing_.output.prepare(candidate));
                return;
            }
            if (verdict->need == Candidate::Need::nothing) return;
            const auto read = read_more(verdict->need, job);
            if (read) continue;
            // Others may remove messages while we list.
            if (read.error().kind != Errc::not_found) failed(read.error());
            return;
        }
    }

    Result<void> read_more(Candidate::Need need, Job& job) const {
        Candidate& candidate = job.candidate;
        if (need == Candidate::Need::size) {
            const auto size = store_->reader().size(job.entry);
            if (!size) return tl::unexpected(size.error());
            candidate.context.size = *size;
            return {};
        }
        // Its header may have been read already.
        if (!job.is_open || need == Candidate::Need::message) {
            auto message = store_->reader().open_entry(job.entry, std::move(job.opened));
            if (!message) return tl::unexpected(message.error());
            job.opened = std::move(*message);
            job.is_open = true;
        }
        if (need == Candidate::Need::arrival) {
            candidate.context.received_at = job.opened->received_at();
            candidate.is_dated_when_opened = false;
            return {};
        }
        return need == Candidate::Need::message ? read_message(job) : read_header(job);
    }

    static Result<void> read_message(Job& job) {
        std::string whole;
        while (true) {
            const auto text = job.opened->read();
            if (!text) return tl::unexpected(text.error());
            if (text->empty()) break;
            whole += *text;
        }
        job.candidate.set_message(std::move(whole));
        return {};
    }

    static Result<void> read_header(Job& job) {
        std::string memory = job.candidate.take_header_memory();
        auto text = job.opened->read();
        if (text && job.opened->is_header()) {
            memory = *text;
            job.candidate.set_header(std::move(memory));
            return {};
        }
        HeaderCollector header(std::move(memory));
        while (text && !text->empty() && header.append(*text))
            text = job.opened->read();
        if (!text) return tl::unexpected(text.error());
        job.candidate.set_header(header.take());
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
