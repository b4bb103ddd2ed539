#include <deque>
#include <unordered_map>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/pop3/client_session.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kInFlight = 128;
// Listing leaves no trace: RETR makes Dovecot and others set \Seen, TOP does not (fetchmail --keep does the
// same).
constexpr std::uint32_t kAllLines = 99'999'999;

struct DropEntry {
    std::uint32_t number = 0;
    std::uint64_t size = 0;
    std::string uidl;  // empty: none, or not unique
};

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
    Pop3Source(Location location, Connection connection, pop3::ClientOptions options, Listing& listing)
        : location_(std::move(location)),
          connection_(std::move(connection)),
          session_(std::move(options)),
          listing_(listing) {}

    Result<void> log_in() {
        auto step = drive(session_, connection_);
        if (!step) return tl::unexpected(step.error());
        const auto* ready = std::get_if<pop3::Ready>(&*step);
        if (ready == nullptr) return fail(Errc::protocol, "the server answers what was not asked");
        top_ = ready->capabilities.top;
        auto read = read_maildrop();
        idle_ = read.has_value();
        return read;
    }

    ~Pop3Source() override {
        // The reply is waited for, since the server may hold a lock on the maildrop until then; what it says
        // changes nothing, the listing is complete. After a failure the end of the connection must do.
        if (!idle_) return;
        session_.quit();
        [[maybe_unused]] const auto ignored = drive(session_, connection_);
    }

    Result<void> list_all() override {
        std::vector<const DropEntry*> entries;
        entries.reserve(entries_.size());
        for (const DropEntry& entry : entries_)
            entries.push_back(&entry);
        return list_entries(entries);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        std::unordered_map<std::string_view, const DropEntry*> by_uidl;
        for (const DropEntry& entry : entries_) {
            if (!entry.uidl.empty()) by_uidl.emplace(entry.uidl, &entry);
        }
        std::vector<const DropEntry*> entries;
        for (const Location& ref : refs) {
            const auto found = by_uidl.find(ref.uidl.value_or(std::string()));
            if (found == by_uidl.end()) {
                listing_.diagnostics.error(encode(ref),
                                           Error{Errc::not_found, "no such message", std::nullopt});
            } else {
                entries.push_back(found->second);
            }
        }
        return list_entries(entries);
    }

 private:
    Result<void> read_maildrop() {
        session_.list();
        session_.uidl();
        std::unordered_map<std::uint32_t, std::string> uidls;
        for (int answers = 0; answers < 2; ++answers) {
            auto step = drive(session_, connection_);
            if (!step) return tl::unexpected(step.error());
            if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
                // Without UIDL (RFC 1939: optional) the messages have no refs, and are listed all the same.
                if (refused->command != pop3::Command::uidl) return tl::unexpected(std::move(refused->error));
            } else if (auto* listing = std::get_if<pop3::Listing>(&*step)) {
                for (pop3::ScanListing& scan : listing->entries) {
                    if (listing->is_uidl) {
                        uidls.emplace(scan.number, std::move(scan.uidl));
                    } else {
                        entries_.push_back({scan.number, scan.size, {}});
                    }
                }
            }
        }
        std::unordered_map<std::string_view, int> uses;
        for (const auto& [number, uidl] : uidls)
            ++uses[uidl];
        for (DropEntry& entry : entries_) {
            const auto uidl = uidls.find(entry.number);
            if (uidl != uidls.end() && uses[uidl->second] == 1) entry.uidl = uidl->second;
        }
        return {};
    }

    Result<void> list_entries(const std::vector<const DropEntry*>& entries) {
        idle_ = false;
        auto next = entries.begin();
        while (true) {
            while (next != entries.end() && slots_.size() < kInFlight) {
                if (auto begun = begin(**next++); !begun) return begun;
            }
            if (auto written = write_done(); !written) return written;
            if (in_flight_.empty() && next == entries.end()) {
                idle_ = true;
                return {};
            }
            if (in_flight_.empty()) continue;
            auto step = drive(session_, connection_);
            if (!step) return tl::unexpected(step.error());
            if (auto taken = take(*step); !taken) return taken;
        }
    }

    Result<void> begin(const DropEntry& entry) {
        Slot& slot = slots_.emplace_back();
        slot.number = entry.number;
        slot.candidate.context.size = entry.size;
        if (!entry.uidl.empty()) {
            Location ref = location_;
            ref.uidl = entry.uidl;
            slot.candidate.context.ref = encode(ref);
            slot.candidate.context.uidl = entry.uidl;
        }
        return judge(slot);
    }

    // Judges by what is there, and asks for what is missing.
    Result<void> judge(Slot& slot) {
        const auto verdict = slot.candidate.judge(listing_.query);
        if (!verdict) return tl::unexpected(verdict.error());
        slot.asked = verdict->need;
        if (verdict->need == Candidate::Need::nothing) {
            slot.done = true;
            slot.listed = verdict->listed;
            return {};
        }
        if (top_) {
            session_.top(slot.number, verdict->need == Candidate::Need::header ? 0 : kAllLines);
        } else {
            session_.retr(slot.number);
        }
        in_flight_.push_back(&slot);
        return {};
    }

    Result<void> take(pop3::ClientStep& step) {
        if (in_flight_.empty()) return fail(Errc::protocol, "the server answers what was not asked");
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
            listing_.diagnostics.error(encode(location_), refused->error);
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

    Location location_;
    Connection connection_;
    pop3::ClientSession session_;
    Listing& listing_;
    bool top_ = false;
    bool idle_ = false;  // logged in, and nothing is in flight
    std::vector<DropEntry> entries_;
    std::deque<Slot> slots_;
    std::deque<Slot*> in_flight_;  // asked for and not yet answered, in that order
};

}  // namespace

Result<std::unique_ptr<ListSource>> open_pop3_source(const Location& location, Listing& listing) {
    const ClientOptions& client = listing.options.client;
    auto user = login_user(location, client);
    if (!user) return tl::unexpected(user.error());
    auto password = login_password(location, *user, client);
    if (!password) return tl::unexpected(password.error());
    auto connection = open_connection(location, client);
    if (!connection) return tl::unexpected(connection.error());
    pop3::ClientOptions options;
    options.tls = connection->tls;
    options.user = *user;
    options.password = std::move(*password);
    options.allow_plaintext_auth = connection->allow_plaintext_auth;
    options.trace = listing.trace_or_null();
    Location mailbox = location;
    mailbox.user = *user;
    auto source =
        std::make_unique<Pop3Source>(std::move(mailbox), std::move(*connection), std::move(options), listing);
    if (auto ready = source->log_in(); !ready) return tl::unexpected(ready.error());
    return source;
}

}  // namespace mailpipe::app
