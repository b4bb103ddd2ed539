#include "mailpipe/app/serve/test/wait_for.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "mailpipe/app/list/follow.hpp"
#include "mailpipe/app/list/record.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/test/exit_watch.hpp"
#include "mailpipe/app/serve/test/ports_file.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

// How long a new mailbox, or the ports file, may be there unseen.
constexpr std::chrono::milliseconds kTick{20};

// Keeps what is found.
class Found : public ListSink {
 public:
    explicit Found(std::uint64_t wanted) : wanted_(wanted) {}

    Detail detail() const override { return Detail::record; }
    Prepared prepare(const Candidate& candidate) const override {
        return {candidate.context, fields_.line(candidate), {}, {}};
    }
    using ListSink::write;
    Result<void> write(Prepared message) override {
        if (!full()) messages.push_back(std::move(message));
        return full() ? Result<void>(fail(Errc::temporary, "enough")) : Result<void>{};
    }
    Result<void> flush() override { return {}; }
    Result<void> count(std::size_t) override { return {}; }
    const Order& order() const override { return order_; }
    Result<void> write_placed(const Candidate& candidate, const Placement&) override {
        return write(candidate);
    }
    std::uint64_t room() const override { return wanted_ - messages.size(); }
    bool full() const override { return messages.size() >= wanted_; }
    bool ended() const override { return full(); }
    std::pair<std::size_t, std::size_t> wanted(std::size_t count) const override { return {0, count}; }

    std::vector<Prepared> messages;

 private:
    std::uint64_t wanted_;
    RecordFields fields_;
    Order order_;
};

bool is_meant(const std::string& mailbox, const std::vector<std::string>& names) {
    if (names.empty()) return true;
    return std::any_of(names.begin(), names.end(), [&mailbox](const std::string& name) {
        const std::string wanted = serve::mailbox_name(name);
        return mailbox == wanted ||
               (wanted.find('@') == std::string::npos && mailbox.starts_with(wanted + "@"));
    });
}

// The mailboxes of a server, those included that are made meanwhile.
class Watcher {
 public:
    Watcher(serve::StoreLayout store, const WaitForOptions& options, Listing& listing)
        : store_(std::move(store)), options_(options), listing_(listing) {}

    void look() {
        for (const std::string& path : mailboxes()) {
            if (listing_.output.ended()) return;
            if (known_.insert(path).second) begin(path);
        }
        for (auto& follower : followers_) {
            if (listing_.output.ended()) return;
            (void)follower->look();
        }
    }

    void wait(Clock::time_point until) const {
        std::vector<struct pollfd> polled;
        for (const auto& follower : followers_)
            polled.push_back({follower->descriptor(), POLLIN, 0});
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        ::poll(polled.data(), polled.size(),
               static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kTick).count()));
    }

    std::size_t size() const { return followers_.size(); }

 private:
    std::vector<std::string> mailboxes() const {
        if (store_.pattern.find("%u") == std::string::npos) return {store_.pattern};
        std::vector<std::string> paths;
        for (const std::string& name : serve::mailboxes_of(store_)) {
            if (is_meant(name, options_.mailboxes)) paths.push_back(store_.path_of(name));
        }
        return paths;
    }

    void begin(const std::string& path) {
        Location location;
        location.scheme = Scheme::maildir;
        location.path = path;
        auto follower = open_store_follower(location, listing_);
        const bool started = follower && ((*follower)->start() || listing_.output.ended());
        // One that is only half made is tried again.
        if (!started) {
            known_.erase(path);
        } else {
            followers_.push_back(std::move(*follower));
        }
    }

    serve::StoreLayout store_;
    const WaitForOptions& options_;
    Listing& listing_;
    std::set<std::string> known_;
    std::vector<std::unique_ptr<Follower>> followers_;
};

Result<std::string> store_of(const WaitForOptions& options, Clock::time_point end) {
    if (!options.store.empty()) return options.store;
    while (true) {
        auto values = serve::PortsFile::read(options.ports_file);
        if (values) {
            const std::string store = (*values)["MAILPIPE_STORE"];
            if (store.empty()) return fail(Errc::data, options.ports_file + ": MAILPIPE_STORE is missing");
            if (serve::PortsFile::is_held(options.ports_file)) return store;
        } else if (values.error().kind != Errc::not_found) {
            return tl::unexpected(values.error());
        }
        if (stop_requested()) return tl::unexpected(stopped_by_signal());
        if (Clock::now() >= end)
            return fail(Errc::temporary, options.ports_file + ": the server is not ready in time");
        ::poll(nullptr, 0, static_cast<int>(kTick.count()));
    }
}

Result<void> write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno != EINTR) return fail_errno(errno, "stdout");
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

// As it lies in the Maildir.
Result<void> print_raw(const std::string& ref) {
    auto location = parse_location(ref);
    if (!location) return tl::unexpected(location.error());
    Location box = *location;
    box.id.reset();
    auto store = LocalStore::open(box);
    if (!store) return tl::unexpected(store.error());
    const auto entry = store->find(*location);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return fail(Errc::not_found, ref + ": the message is gone");
    auto message = store->reader().open((*entry)->id);
    if (!message) return tl::unexpected(message.error());
    while (true) {
        const auto text = (*message)->read();
        if (!text) return tl::unexpected(text.error());
        if (text->empty()) return {};
        std::string out(*text);
        std::erase(out, '\r');
        if (auto written = write_all(out); !written) return written;
    }
}

Result<void> print(const Prepared& message, WaitForOptions::Print how) {
    switch (how) {
        case WaitForOptions::Print::json:
            return write_all(message.record + "\n");
        case WaitForOptions::Print::ref:
            return write_all(message.context.ref + "\n");
        case WaitForOptions::Print::raw:
            return print_raw(message.context.ref);
        case WaitForOptions::Print::none:
            return {};
    }
    return {};
}

Result<void> wait_for(const WaitForOptions& options, Diagnostics& diagnostics) {
    if (options.print == WaitForOptions::Print::raw && options.count != 1)
        return fail(Errc::usage, "--print raw prints one message; give no --count with it");
    const auto end = Clock::now() + options.timeout;
    email::Query query;
    if (!options.search.empty()) {
        auto parsed = email::parse_search(options.search);
        if (!parsed) return fail(Errc::usage, "--search: " + parsed.error().message);
        query = std::move(*parsed);
    }
    const auto where = store_of(options, end);
    if (!where) return tl::unexpected(where.error());
    if (options.ready) return {};
    auto layout = serve::parse_store(*where);
    if (!layout) return tl::unexpected(layout.error());
    if (layout->format != store::Format::maildir)
        return fail(Errc::usage, *where + ": only Maildirs can be watched");
    const ListOptions list;
    Found found(options.count);
    config::Accounts accounts(list.client, diagnostics);
    Listing listing{list, std::move(query), found, diagnostics, accounts};
    Watcher watcher(std::move(*layout), options, listing);
    for (watcher.look(); !found.full(); watcher.look()) {
        if (stop_requested()) return tl::unexpected(stopped_by_signal());
        if (Clock::now() >= end) {
            return fail(Errc::temporary, fmt::format("{} of {} messages in time, in {} mailboxes",
                                                     found.messages.size(), options.count, watcher.size()));
        }
        watcher.wait(end);
    }
    for (const Prepared& message : found.messages) {
        if (auto printed = print(message, options.print); !printed) return printed;
    }
    return {};
}

}  // namespace

Result<std::chrono::milliseconds> parse_wait_time(const std::string& text) {
    const auto time = serve::parse_milliseconds(text);
    if (time) return *time;
    return fail(Errc::usage, "'" + text + "' is not a time such as 500ms, 10s or 2m");
}

int run_wait_for(const WaitForOptions& options) {
    install_stop_handlers();
    Diagnostics diagnostics("mail-serve wait-for", options.common.quiet);
    if (const auto waited = wait_for(options, diagnostics); !waited) diagnostics.error("", waited.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app
