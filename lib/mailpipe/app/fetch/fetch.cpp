#include "mailpipe/app/fetch/fetch.hpp"

#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/refs_input.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

// A mailbox and, when they were named, the messages of it.
struct Source {
    Location location;
    std::optional<std::vector<Location>> refs;
};

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
          diagnostics_("mail-fetch", options.common.quiet),
          receipts_(options.common, !options.settings.destination.empty()),
          progress_(options.common) {}

    int run() {
        if (!check_destination()) return diagnostics_.exit_status();
        for (const std::string& text : options_.sources) {
            auto location = parse_location(text);
            if (!location) {
                diagnostics_.error(text, location.error());
            } else {
                add(*location, text);
            }
        }
        if (options_.refs_from_stdin) {
            const auto read = read_refs(STDIN_FILENO, [this](Result<Location> ref) {
                if (ref) return add(*ref, encode(*ref));
                diagnostics_.error("", ref.error());
            });
            if (!read) diagnostics_.error("", read.error());
        }
        for (Source& source : sources_) {
            if (stop_requested() || gone_) break;
            const std::string where = encode(source.location);
            if (const auto fetched = fetch(source); !fetched) {
                progress_.clear();
                diagnostics_.error(where, fetched.error());
            }
            progress_.clear();
        }
        return diagnostics_.exit_status();
    }

 private:
    bool check_destination() {
        if (options_.settings.destination.empty()) {
            if (!options_.settings.retention.remove) return true;
            diagnostics_.error(
                "",
                Error{Errc::usage, "--delete needs --to: on stdout nobody can say what has become of a message",
                      std::nullopt});
            return false;
        }
        auto destination = parse_location(options_.settings.destination);
        if (!destination) {
            diagnostics_.error("--to", destination.error());
            return false;
        }
        const bool store = destination->scheme == Scheme::maildir || destination->scheme == Scheme::mbox;
        if (!store || destination->is_ref()) {
            diagnostics_.error("--to", Error{Errc::usage, "give maildir:PATH or mbox:PATH", std::nullopt});
            return false;
        }
        destination_ = std::move(*destination);
        return true;
    }

    void add(const Location& location, const std::string& text) {
        if (!can_be_fetched(location)) {
            diagnostics_.error(
                text, Error{Errc::usage, "cannot be fetched from; give an imap, imaps, pop3 or pop3s URL",
                            std::nullopt});
            return;
        }
        const Location mailbox = container(location);
        const bool follows = !sources_.empty() && sources_.back().location == mailbox;
        if (!follows || sources_.back().refs.has_value() != location.is_ref())
            sources_.push_back({mailbox, {}});
        if (!location.is_ref()) return;
        if (!sources_.back().refs) sources_.back().refs.emplace();
        sources_.back().refs->push_back(location);
    }

    // What can go wrong without the server is tried before it is asked, and before anything is created.
    Result<void> fetch(Source& source) {
        const ClientOptions& client = options_.settings.client;
        if (auto mode = tls_mode(source.location, client); !mode) return tl::unexpected(mode.error());
        auto login = find_login(source.location, client);
        if (!login) return tl::unexpected(login.error());
        source.location.user = login->user;

        const std::string destination = destination_ ? encode(*destination_) : "stdout";
        std::unique_ptr<Delivery> delivery;
        auto state = FetchState::open({options_.state_directory}, source.location, destination);
        if (!state) return tl::unexpected(state.error());
        if (destination_) {
            auto opened = make_store_delivery(*destination_, *state);
            if (!opened) {
                // Every other source would meet the same.
                gone_ = true;
                diagnostics_.error("", opened.error());
                return {};
            }
            delivery = std::move(*opened);
        } else {
            if (!output_) output_ = MessageOutput::make(options_.format, STDOUT_FILENO);
            delivery = make_output_delivery(*output_, *state);
        }
        FetchJob job({source.location, source.refs, destination_ ? destination : std::string(),
                      destination_ ? destination_->path : std::string(), options_.settings.retention.remove,
                      &*state, delivery.get(), &diagnostics_, &receipts_, &progress_});
        job.recover();
        if (job.failed()) return {};
        auto connection = open_connection(source.location, client);
        if (!connection) return tl::unexpected(connection.error());
        Trace* trace = options_.common.trace ? &trace_ : nullptr;
        const bool imap = source.location.scheme == Scheme::imap || source.location.scheme == Scheme::imaps;
        auto fetched = (imap ? fetch_imap : fetch_pop3)(job, std::move(*connection), std::move(*login), trace);
        progress_.clear();
        // What the destination does not take from one source it does not take from the next.
        gone_ = job.failed();
        if (auto told = receipts_.end_source(encode(source.location), destination); !told) return told;
        return fetched;
    }

    const FetchOptions& options_;
    Diagnostics diagnostics_;
    FetchReceipts receipts_;
    Progress progress_;
    StderrTrace trace_;
    std::optional<Location> destination_;
    std::unique_ptr<MessageOutput> output_;
    std::vector<Source> sources_;
    bool gone_ = false;
};

}  // namespace

int run_fetch(const FetchOptions& options) {
    install_stop_handlers();
    const int status = Fetch(options).run();
    // All state is written. A shell must see that the command was interrupted, or its loop would go on.
    if (stop_requested()) {
        std::signal(stop_signal(), SIG_DFL);
        std::raise(stop_signal());
    }
    return status;
}

}  // namespace mailpipe::app
