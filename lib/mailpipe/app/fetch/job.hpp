#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/fetch/receipt.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {

// What one source is fetched with. The protocols' loops use it; it outlives them.
class FetchJob {
 public:
    struct Parts {
        Location source;                            // of the mailbox, with its user
        std::optional<std::vector<Location>> refs;  // only these messages
        std::string destination;                    // as errors name it; empty: stdout
        std::string destination_path;               // which the store's errors begin with
        bool remove = false;
        FetchState* state = nullptr;
        Delivery* delivery = nullptr;
        Diagnostics* diagnostics = nullptr;
        FetchReceipts* receipts = nullptr;
        Progress* progress = nullptr;
    };
    explicit FetchJob(Parts parts) : parts_(std::move(parts)), where_(encode(parts_.source)) {}

    const Location& source() const { return parts_.source; }
    const std::optional<std::vector<Location>>& refs() const { return parts_.refs; }
    bool remove() const { return parts_.remove; }
    bool to_stdout() const { return parts_.destination.empty(); }
    // See delivery.hpp for when.
    FetchState& state() { return *parts_.state; }
    Progress& progress() { return *parts_.progress; }
    const std::string& where() const { return where_; }
    // Of the message with this key, at its source. Empty where the key names none: it is empty, or more than a
    // UIDL since several messages have the same.
    std::string ref_of(const std::string& key) const;
    void set_tls(std::string version) { tls_ = std::move(version); }

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

    // The destination takes no more; said once.
    bool failed() const { return failed_; }
    // No further message is to be asked for: failed, or SIGINT or SIGTERM came.
    bool ending() const;

    // One message cannot be had, or is not taken: that is reported, and it is tried again later.
    void fail_message(const std::string& key, std::uint32_t number, Error error);

    void report(const Error& error) { report(where_, error); }
    void report(const std::string& where, const Error& error);
    void note(std::string_view text);

 private:
    void fail_destination(const Error& error);
    bool use_delivered(const Result<std::vector<Delivered>>& delivered,
                       const std::function<void(const Delivered&)>& use);

    Parts parts_;
    std::string where_;
    std::string tls_;
    Fingerprinter fingerprinter_;  // of the message on its way
    bool in_message_ = false;
    bool failed_ = false;
    bool receipts_failed_ = false;
};

// Fetches what is not fetched. Errors: those that end the session; all others are reported.
Result<void> fetch_pop3(FetchJob& job, Connection connection, Login login, Trace* trace);
Result<void> fetch_imap(FetchJob& job, Connection connection, Login login, Trace* trace);

// Octets that are waited for in order to end a session in good order (deletions need it) rather than to cut it.
inline constexpr std::uint64_t kEndingOctets = 4U << 20;

}  // namespace mailpipe::app
