#include "mailpipe/app/fetch/fetch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include "mailpipe/app/fetch/account_fetch.hpp"
#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/refs_input.hpp"
#include "mailpipe/app/fetch/watch.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

bool can_be_fetched(const Location& location) {
    switch (location.scheme) {
        case Scheme::imap:
        case Scheme::imaps:
        case Scheme::pop3:
        case Scheme::pop3s:
            return true;
        default:
            return false;
    }
}

class Fetch {
 public:
    explicit Fetch(const FetchOptions& options)
        : options_(options),
          settings_(std::make_shared<const FetchSettings>(options.settings)),
          console_(options.common, !options.settings.destination.empty() || options.dry_run),
          run_{options, console_, {}, {}, {}} {}

    int run() {
        if (auto checked = check_settings(); !checked) {
            console_.error("", checked.error());
            return console_.exit_status();
        }
        for (const std::string& text : options_.sources) {
            auto location = parse_location(text);
            if (!location) {
                console_.error(text, location.error());
            } else {
                add(*location, text);
            }
        }
        if (options_.refs_from_stdin) {
            const auto read = read_refs(STDIN_FILENO, [this](Result<Location> ref) {
                if (ref) return add(*ref, encode(*ref));
                console_.error("", ref.error());
            });
            if (!read) console_.error("", read.error());
        }
        fetch_all();
        return console_.exit_status();
    }

 private:
    Result<void> check_settings() const {
        const FetchSettings& settings = *settings_;
        const auto usage = [](const char* text) { return fail(Errc::usage, text); };
        if (settings.headers_only && settings.retention.any())
            return usage("--headers-only fetches no whole message, so that nothing may be deleted");
        if (options_.watch && (settings.destination.empty() || options_.dry_run || options_.refs_from_stdin))
            return usage("--watch needs --to, and goes neither with --dry-run nor with --refs");
        if (settings.destination.empty()) {
            if (!settings.retention.any()) return {};
            return usage("--delete needs --to: on stdout nobody can say what has become of a message");
        }
        auto destination = parse_destination(settings.destination);
        if (!destination) return fail(destination.error().kind, "--to: " + destination.error().message);
        if (settings.retention.remove_removed && destination->scheme != Scheme::maildir)
            return usage("--delete-removed needs a Maildir: nowhere else has a message a lasting name");
        return {};
    }

    void add(const Location& location, const std::string& text) {
        if (!can_be_fetched(location)) {
            console_.error(text,
                           Error{Errc::usage, "cannot be fetched from; give an imap, imaps, pop3 or pop3s URL",
                                 std::nullopt});
            return;
        }
        const Location mailbox = container(location);
        const bool follows = !sources_.empty() && sources_.back().location == mailbox;
        if (!follows || sources_.back().refs.has_value() != location.is_ref())
            sources_.push_back({mailbox, {}, settings_});
        if (!location.is_ref()) return;
        if (!sources_.back().refs) sources_.back().refs.emplace();
        sources_.back().refs->push_back(location);
    }

    // The sources of each account, in the order of its first one.
    std::vector<std::vector<FetchSource>> accounts() const {
        std::vector<std::vector<FetchSource>> accounts;
        for (const FetchSource& source : sources_) {
            const auto same = std::find_if(accounts.begin(), accounts.end(), [&source](const auto& account) {
                return AccountFetch::same_account(account.front(), source);
            });
            if (same == accounts.end()) {
                accounts.push_back({source});
            } else {
                same->push_back(source);
            }
        }
        return accounts;
    }

    // Several accounts at a time, unless the messages go to stdout, one behind the other.
    void fetch_all() {
        const auto accounts = this->accounts();
        if (options_.watch) {
            console_.say_errors_once();
            return watch(options_, console_, accounts);
        }
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < accounts.size(); i = next++)
                AccountFetch(run_).fetch(accounts[i]);
        };
        const std::size_t jobs =
            settings_->destination.empty() && !options_.dry_run ? 1 : std::min(options_.jobs, accounts.size());
        if (jobs <= 1) return work();
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < jobs; ++i)
            threads.emplace_back(work);
        for (std::thread& thread : threads)
            thread.join();
    }

    const FetchOptions& options_;
    std::shared_ptr<const FetchSettings> settings_;
    FetchConsole console_;
    FetchRun run_;
    std::vector<FetchSource> sources_;
};

}  // namespace

int run_fetch(const FetchOptions& options) {
    install_stop_handlers();
    if (options.watch) install_reload_handler();
    int status = 0;
    do {
        clear_reload_request();
        status = Fetch(options).run();
    } while (reload_requested() && !stop_requested());
    // All state is written. A shell must see that the command was interrupted, or its loop would go on.
    if (stop_requested()) {
        std::signal(stop_signal(), SIG_DFL);
        std::raise(stop_signal());
    }
    return status;
}

}  // namespace mailpipe::app
