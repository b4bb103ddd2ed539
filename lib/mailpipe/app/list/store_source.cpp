#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/local_store.hpp"

namespace mailpipe::app {
namespace {

class StoreSource : public ListSource {
 public:
    StoreSource(std::shared_ptr<LocalStore> store, Listing& listing)
        : store_(std::move(store)), listing_(listing) {}

    Result<void> list_all() override {
        const auto entries = store_->reader().list();
        if (!entries) return tl::unexpected(entries.error());
        const auto [first, last] = listing_.wanted(entries->size());
        for (std::size_t i = first; i < last; ++i) {
            if (auto listed = list_entry((*entries)[i]); !listed) return listed;
        }
        return {};
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        for (const Location& ref : refs) {
            const auto entry = store_->find(ref);
            if (!entry) return tl::unexpected(entry.error());
            if (*entry == nullptr) {
                listing_.diagnostics.error(encode(ref), no_such_message());
            } else if (auto listed = list_entry(**entry); !listed) {
                return listed;
            }
        }
        return {};
    }

    Result<void> list_entries(const std::vector<store::Entry>& entries) {
        for (const store::Entry& entry : entries) {
            if (auto listed = list_entry(entry); !listed) return listed;
        }
        return {};
    }

 private:
    // The error is that of the output; a message that cannot be read is reported here.
    Result<void> list_entry(const store::Entry& entry) {
        Candidate candidate;
        candidate.context = store_->context_of(entry);
        candidate.context.size = entry.size;
        while (true) {
            const auto verdict = candidate.judge(listing_.query, listing_.is_printed());
            if (!verdict) return tl::unexpected(verdict.error());
            if (verdict->listed) return listing_.output.write(candidate);
            if (verdict->need == Candidate::Need::nothing) return {};
            const auto read = read_more(entry, verdict->need, candidate);
            if (read) continue;
            // Others may remove messages while we list.
            if (read.error().kind != Errc::not_found)
                listing_.diagnostics.error(candidate.context.ref, read.error());
            return {};
        }
    }

    Result<void> read_more(const store::Entry& entry, Candidate::Need need, Candidate& candidate) {
        if (need == Candidate::Need::size) {
            const auto size = store_->reader().size(entry);
            if (!size) return tl::unexpected(size.error());
            candidate.context.size = *size;
            return {};
        }
        auto message = store_->reader().open(entry.id);
        if (!message) return tl::unexpected(message.error());
        HeaderCollector header;
        std::string whole;
        while (true) {
            const auto text = (*message)->read();
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
