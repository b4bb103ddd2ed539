#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/boot_clock.hpp"
#include "mailpipe/app/fetch/console.hpp"
#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/fetch/fetch.hpp"
#include "mailpipe/app/fetch/known_messages.hpp"
#include "mailpipe/app/fetch/route.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app {

// A message on the server, as what is decided of it needs it.
struct Listed {
    std::string_view key;  // empty: of a message that cannot be remembered
    std::uint64_t size = 0;
};

struct Judgement {
    std::vector<bool> goes{};  // each
    bool by_rules = true;      // false: rules could not be applied, or --max-delete has stopped them
    // See Settled.
    std::int64_t until = 0;
    std::optional<std::string> maildirs = std::string();
};

// What one source is fetched with. The protocols' loops use it; it outlives them.
class FetchJob {
 public:
    struct Parts {
        Location source;                            // of the mailbox, with its user
        std::optional<std::vector<Location>> refs;  // only these messages
        const FetchSettings* settings = nullptr;
        Destinations destinations;
        bool dry_run = false;
        FetchState::Where state_place;
        FetchState* state = nullptr;
        Delivery* delivery = nullptr;  // nullptr when dry_run
        FetchConsole* console = nullptr;
        KnownInStores* known_in_stores = nullptr;
    };
    explicit FetchJob(Parts parts);

    const Location& source() const { return parts_.source; }
    const std::optional<std::vector<Location>>& refs() const { return parts_.refs; }
    const FetchSettings& settings() const { return *parts_.settings; }
    const Retention& retention() const { return parts_.settings->retention; }
    const Selection& selection() const { return parts_.settings->selection; }
    bool dry_run() const { return parts_.dry_run; }
    bool to_stdout() const { return !parts_.destinations.main; }
    // Whether the mailbox is to be changed.
    bool changes_source() const { return retention().any() && !dry_run(); }
    // See delivery.hpp for when.
    FetchState& state() { return *parts_.state; }
    const FetchState& state() const { return *parts_.state; }
    const std::string& where() const { return where_; }
    // As ref_at_source().
    std::string ref_of(const std::string& key) const;
    void set_tls(std::string version) { tls_ = std::move(version); }

    // Whether it is to be fetched now: not done, and not waiting after a failure.
    bool is_wanted(std::string_view key) const;
    // Whether each is to go from the server once it is safe here. `listed(i)` describes the i-th of `count`, oldest
    // first; the key is valid until the next call. Where rules cannot be applied, or --max-delete stops them, that
    // is reported and none goes.
    Judgement judge(std::size_t count, const std::function<Listed(std::size_t)>& listed);
    // What the destinations hold that this source has delivered and no journal knows; empty where it cannot be
    // said. Of a first run, or after the journal was lost.
    Result<KnownMessages> known_without_journal() const;

    // A message on its way. After the destination failed all is dropped.
    void begin(const Message& message);
    void append(std::string_view octets);
    void end(Message message);
    void abandon();
    bool in_message() const { return in_message_; }

    // Receipts for what has become safe since; `use` is called for each. What was refused is reported, and
    // retried later.
    void take(const std::function<void(const Delivered&)>& use);
    // The same for all that was received.
    void flush(const std::function<void(const Delivered&)>& use);
    // Of an interrupted run.
    void recover();
    // Of --dry-run.
    void plan(const FetchPlanRecord& record);
    void count_deleted(std::uint64_t messages) { totals_.deleted += messages; }

    // The destination takes no more; said once.
    bool failed() const { return failed_; }
    // No further message is to be asked for: failed, or SIGINT or SIGTERM came.
    bool ending() const;
    // So many messages are to come.
    void begin_transfer(std::uint64_t messages) { parts_.console->begin_source(where_, messages); }
    // Says what was fetched; `failed`: not all that was to be. Errors: io.
    Result<void> finish(bool failed);

    // One message cannot be had, or is not taken: that is reported, and it is tried again later.
    void fail_message(const std::string& key, std::uint32_t number, Error error);
    void report(const Error& error) { report(where_, error); }
    void report(const std::string& where, const Error& error) { parts_.console->error(where, error); }
    void note(std::string_view text) { parts_.console->note(where_, text); }

 private:
    void report_message(const std::string& key, std::uint32_t number, Error error);
    void fail_destination(const Error& error);
    bool is_routed(const std::string& to) const;
    bool use_delivered(const Result<std::vector<Delivered>>& delivered,
                       const std::function<void(const Delivered&)>& use);
    Result<Judgement> judge_by_rules(std::size_t count, const std::function<Listed(std::size_t)>& listed);
    std::int64_t first_of_age(const std::vector<Retained>& messages, const std::vector<bool>& goes,
                              std::int64_t now) const;

    Parts parts_;
    std::string where_;
    std::string destination_;  // as errors name it; empty: stdout
    std::string tls_;
    FetchTotals totals_;
    bool any_failed_ = false;  // message
    BootClock::time_point began_ = BootClock::now();
    Fingerprinter fingerprinter_;  // of the message on its way
    bool in_message_ = false;
    bool failed_ = false;
    bool receipts_failed_ = false;
};

// Octets that are waited for in order to end a session in good order (deletions need it) rather than to cut it.
inline constexpr std::uint64_t kEndingOctets = 4U << 20;

}  // namespace mailpipe::app
