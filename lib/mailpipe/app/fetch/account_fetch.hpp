#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/fetch/console.hpp"
#include "mailpipe/app/fetch/fetch.hpp"
#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/mailbox_news.hpp"
#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/message_output.hpp"

namespace mailpipe::app {

// A mailbox and, when they were named, the messages of it.
struct FetchSource {
    Location location;
    std::optional<std::vector<Location>> refs;
    std::shared_ptr<const FetchSettings> settings;
};

// What all accounts share, wherever they deliver.
struct FetchShared {
    std::mutex
        opening{};  // held while a destination is opened: one account must not meet a Maildir in the making
    KnownInStores known_in_stores{};
};

// What all accounts with the same destination share.
struct FetchRun {
    const FetchOptions& options;
    FetchConsole& console;
    FetchShared& shared;
    std::unique_ptr<MessageOutput> output{};  // made when a message is to go to stdout; one account at a time
    // What the destination does not take from one source it does not take from the next.
    std::atomic<bool> gone = false;
    // What went wrong last will not work later either: usage, config.
    std::atomic<bool> hopeless = false;
};

// The sources of one account with the same settings: over one connection in turn (IMAP), or over one for each
// (POP3). Errors are reported.
class AccountFetch {
 public:
    explicit AccountFetch(FetchRun& run) : run_(run) {}
    // Whether nothing failed but single messages.
    bool fetch(const std::vector<FetchSource>& sources);
    // What fetch() was done over may serve the next one, and wait_for_news().
    void disconnect();
    bool is_connected() const { return client_ && client_->is_usable(); }
    // Until something has happened in the mailboxes that were fetched from, as far as the server tells that (IMAP with
    // NOTIFY or IDLE), or until `pause` says so, which is asked twice a second at least.
    void wait_for_news(const std::function<bool()>& pause);
    // Whether wait_for_news() has found any. The mailboxes that could not be fetched from count as well from retry() on.
    bool has_news() const { return !news_of_.empty(); }
    void retry();
    bool any_failed() const;
    // As fetch(), from those mailboxes only; from all when the connection is gone.
    bool fetch_news(const std::vector<FetchSource>& sources);
    // Seconds that the server wants between two logins (POP3, LOGIN-DELAY of RFC 2449); 0: any.
    std::uint32_t login_delay() const { return login_delay_; }

    // Whether one AccountFetch may have both.
    static bool same_account(const FetchSource& a, const FetchSource& b);

 private:
    void report(const Location& source, const Error& error);
    Result<void> fetch(const FetchSource& source);
    Result<void> fetch_once(const FetchSource& source);
    Result<void> fetch_mailboxes(const FetchSource& source);
    Result<void> visit(const FetchSource& source, const Location& mailbox,
                       std::optional<std::string> delimiter = std::nullopt);
    Result<void> fetch_mailbox(const FetchSource& source, const Location& mailbox,
                               std::optional<std::string> delimiter = std::nullopt);
    Result<TemplateValues> template_values(const FetchSource& source, const Location& mailbox,
                                           std::optional<std::string> delimiter);
    Result<void> run_job(FetchJob& job, const Location& mailbox, const FetchSettings& settings, Login login);
    Result<void> fetch_pop3_over(FetchJob& job, const Location& maildrop, const ClientOptions& client,
                                 Login login);
    Result<void> log_in(const Location& mailbox, const FetchSettings& settings);
    Result<std::unique_ptr<Delivery>> open_delivery(const Destinations& destinations,
                                                    const DeliveryContext& context);

    // A mailbox of IMAP, as it was fetched from last.
    struct Visited {
        FetchSource source;
        Location mailbox;
        std::optional<std::string> delimiter;
        bool failed = false;
    };

    FetchRun& run_;
    std::unique_ptr<ImapClient> client_;
    std::map<std::string, Visited> visited_;  // by name; since the last whole fetch()
    MailboxNews news_;
    MailboxNews::Names news_of_;
    std::uint32_t login_delay_ = 0;
    bool dropped_ = false;      // by the last visit(), which has left commands unanswered
    std::size_t reported_ = 0;  // errors that ended a source, or one of its mailboxes
    bool counted_ = false;      // what was fetched last, in what is said of all
};

}  // namespace mailpipe::app
