#include <deque>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kInFlight = 128;
// Listing leaves no trace: RETR makes Dovecot and others set \Seen, TOP does not (fetchmail --keep does the
// same).
constexpr std::uint32_t kAllLines = 99'999'999;

// A message on its way to the output. Slots leave in the order of the maildrop, however often each had to be
// asked for.
struct Slot {
    std::uint32_t number = 0;
    Candidate candidate;
    Candidate::Need asked = Candidate::Need::nothing;
    HeaderCollector header;
    std::string message;
    bool done = false;
    bool listed = false;
};

class Pop3Source : public ListSource {
 public:
    Pop3Source(std::shared_ptr<Pop3Client> client, Listing& listing)
        : client_(std::move(client)), listing_(listing) {}

    Result<void> list_all() override {
        std::vector<const Pop3Entry*> entries;
        const auto [first, last] = listing_.wanted(client_->entries().size());
        for (std::size_t i = first; i < last; ++i)
            entries.push_back(&client_->entries()[i]);
        return list_entries(entries);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        std::vector<const Pop3Entry*> entries;
        for (const Location& ref : refs) {
            if (const Pop3Entry* entry = client_->find(ref)) {
                entries.push_back(entry);
            } else {
                listing_.diagnostics.error(encode(ref), no_such_message());
            }
        }
        return list_entries(entries);
    }

 private:
    Result<void> list_entries(const std::vector<const Pop3Entry*>& entries) {
        auto next = entries.begin();
        while (true) {
            while (next != entries.end() && slots_.size() < kInFlight) {
                if (auto begun = begin(**next++); !begun) return begun;
            }
            if (auto written = write_done(); !written) return written;
            if (in_flight_.empty() && next == entries.end()) return {};
            if (in_flight_.empty()) continue;
            auto step = client_->next();
            if (!step) return tl::unexpected(step.error());
            if (auto taken = take(*step); !taken) return taken;
        }
    }

    Result<void> begin(const Pop3Entry& entry) {
        Slot& slot = slots_.emplace_back();
        slot.number = entry.number;
        slot.candidate.context = client_->context_of(entry);
        slot.candidate.context.size = entry.size;
        return judge(slot);
    }

    // Judges by what is there, and asks for what is missing.
    Result<void> judge(Slot& slot) {
        const auto verdict = slot.candidate.judge(listing_.query, listing_.is_printed());
        if (!verdict) return tl::unexpected(verdict.error());
        slot.asked = verdict->need;
        if (verdict->need == Candidate::Need::nothing) {
            slot.done = true;
            slot.listed = verdict->listed;
            return {};
        }
        if (client_->has_top()) {
            client_->session().top(slot.number, verdict->need == Candidate::Need::header ? 0 : kAllLines);
        } else {
            client_->session().retr(slot.number);
        }
        in_flight_.push_back(&slot);
        return {};
    }

    Result<void> take(pop3::ClientStep& step) {
        if (in_flight_.empty()) return unexpected_answer();
        Slot& slot = *in_flight_.front();
        if (const auto* data = std::get_if<pop3::MessageData>(&step)) {
            if (slot.asked == Candidate::Need::message) {
                slot.message += data->octets;
            } else {
                slot.header.append(data->octets);
            }
        } else if (std::holds_alternative<pop3::MessageEnd>(step)) {
            in_flight_.pop_front();
            if (slot.asked == Candidate::Need::message) {
                const auto listed_size = slot.candidate.context.size;
                slot.candidate.set_message(std::move(slot.message));
                // What LIST said stays, so that the size does not depend on the query.
                slot.candidate.context.size = listed_size;
            } else {
                slot.candidate.set_header(slot.header.take());
            }
            return judge(slot);
        } else if (auto* refused = std::get_if<pop3::Refused>(&step)) {
            in_flight_.pop_front();
            slot.done = true;
            refused->error.message = "message " + std::to_string(slot.number) + ": " + refused->error.message;
            listing_.diagnostics.error(encode(client_->location()), refused->error);
        }
        return {};
    }

    Result<void> write_done() {
        while (!slots_.empty() && slots_.front().done) {
            if (slots_.front().listed) {
                if (auto written = listing_.output.write(slots_.front().candidate); !written) return written;
            }
            slots_.pop_front();
        }
        return {};
    }

    std::shared_ptr<Pop3Client> client_;
    Listing& listing_;
    std::deque<Slot> slots_;
    std::deque<Slot*> in_flight_;  // asked for and not yet answered, in that order
};

}  // namespace

std::unique_ptr<ListSource> make_pop3_source(std::shared_ptr<Pop3Client> client, Listing& listing) {
    return std::make_unique<Pop3Source>(std::move(client), listing);
}

}  // namespace mailpipe::app
