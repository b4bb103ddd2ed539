#include <unordered_map>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

class StoreSource : public ListSource {
 public:
    StoreSource(Location location, std::unique_ptr<store::MailboxReader> reader, Listing& listing)
        : location_(std::move(location)), reader_(std::move(reader)), listing_(listing) {}

    Result<void> list_all() override {
        const auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        for (const store::Entry& entry : *entries) {
            if (auto listed = list_entry(entry); !listed) return listed;
        }
        return {};
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        if (auto known = index(); !known) return known;
        for (const Location& ref : refs) {
            const auto found = entries_.find(ref.id ? *ref.id : std::to_string(ref.mbox_offset.value_or(0)));
            if (found == entries_.end()) {
                listing_.diagnostics.error(encode(ref),
                                           Error{Errc::not_found, "no such message", std::nullopt});
            } else if (auto listed = list_entry(found->second); !listed) {
                return listed;
            }
        }
        return {};
    }

 private:
    Result<void> index() {
        if (indexed_) return {};
        auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        for (store::Entry& entry : *entries)
            entries_.emplace(entry.id, std::move(entry));
        indexed_ = true;
        return {};
    }

    Location ref_of(const store::Entry& entry) const {
        Location ref = location_;
        if (location_.scheme == Scheme::maildir) {
            ref.id = entry.id;
        } else {
            ref.mbox_offset = ascii::parse_number(entry.id);
        }
        return ref;
    }

    // The error is that of the output; a message that cannot be read is reported here.
    Result<void> list_entry(const store::Entry& entry) {
        Candidate candidate;
        candidate.context.ref = encode(ref_of(entry));
        candidate.context.keywords = entry.keywords;
        candidate.context.received_at = entry.received_at;
        candidate.context.size = entry.size;
        while (true) {
            const auto verdict = candidate.judge(listing_.query);
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
            const auto size = reader_->size(entry);
            if (!size) return tl::unexpected(size.error());
            candidate.context.size = *size;
            return {};
        }
        auto message = reader_->open(entry.id);
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

    Location location_;
    std::unique_ptr<store::MailboxReader> reader_;
    Listing& listing_;
    bool indexed_ = false;
    std::unordered_map<std::string, store::Entry> entries_;
};

}  // namespace

Result<std::unique_ptr<ListSource>> open_store_source(const Location& location, Listing& listing) {
    const auto format = location.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
    auto reader = store::open_reader(format, location.path);
    if (!reader) return tl::unexpected(reader.error());
    return std::make_unique<StoreSource>(location, std::move(*reader), listing);
}

}  // namespace mailpipe::app
