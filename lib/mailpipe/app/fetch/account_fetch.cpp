#include "mailpipe/app/fetch/account_fetch.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mailpipe/app/fetch/mailbox_choice.hpp"
#include "mailpipe/app/fetch/protocols.hpp"
#include "mailpipe/app/fetch/settled.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

constexpr int kSlice = 500;  // ms

bool is_imap(const Location& location) {
    return location.scheme == Scheme::imap || location.scheme == Scheme::imaps;
}

FetchState::Where state_place(const FetchOptions& options) {
    return {options.state_directory,
            std::chrono::milliseconds(static_cast<std::int64_t>(options.wait_lock * 1000)), options.dry_run};
}

// What a state is kept for. Headers alone are another thing than the messages.
std::string state_destination(const FetchSettings& settings, const std::optional<Location>& destination) {
    return (settings.headers_only ? "headers:" : "") + (destination ? encode(*destination) : "stdout");
}

}  // namespace

bool AccountFetch::same_account(const FetchSource& a, const FetchSource& b) {
    Location mailbox = a.location;
    mailbox.mailbox = b.location.mailbox;
    return mailbox == b.location && a.settings == b.settings;
}

bool AccountFetch::fetch(const std::vector<FetchSource>& sources) {
    const std::size_t reported_before = reported_;
    visited_.clear();
    news_.forget_all();
    news_of_.clear();
    for (const FetchSource& source : sources) {
        if (stop_requested() || run_.gone) break;
        auto fetched = fetch(source);
        if (fetched) continue;
        run_.hopeless = fetched.error().kind == Errc::usage || fetched.error().kind == Errc::config;
        report(source.location, fetched.error());
    }
    run_.console.clear_progress();
    return reported_ == reported_before && !run_.gone;
}

void AccountFetch::report(const Location& source, const Error& error) {
    ++reported_;
    run_.console.error(encode(source), error);
    if (!std::exchange(counted_, false)) run_.console.count_failed_source();
}

// A connection that was left idle may have been cut meanwhile, which is no news to anybody.
Result<void> AccountFetch::fetch(const FetchSource& source) {
    const bool reused = client_ && client_->is_usable();
    auto fetched = fetch_once(source);
    const bool cut = !fetched && reused && !is_connected() && !dropped_;
    return cut && !stop_requested() && !run_.gone ? fetch_once(source) : fetched;
}

void AccountFetch::disconnect() {
    client_.reset();
    news_.disconnected();
}

void AccountFetch::wait_for_news(const std::function<bool()>& pause) {
    news_of_.clear();
    if (is_connected()) {
        const bool flags = std::any_of(visited_.begin(), visited_.end(), [](const auto& one) {
            return flags_decide(one.second.source.settings->selection);
        });
        auto news = news_.wait(*client_, flags, pause);
        if (news) {
            news_of_ = std::move(*news);
        } else {
            // The next fetch makes it again.
            disconnect();
        }
        return;
    }
    while (!pause())
        ::poll(nullptr, 0, kSlice);
}

bool AccountFetch::any_failed() const {
    return std::any_of(visited_.begin(), visited_.end(), [](const auto& one) { return one.second.failed; });
}

void AccountFetch::retry() {
    for (const auto& [name, visited] : visited_) {
        if (visited.failed) news_of_.insert(name);
    }
}

bool AccountFetch::fetch_news(const std::vector<FetchSource>& sources) {
    const std::size_t reported_before = reported_;
    for (const std::string& name : std::exchange(news_of_, {})) {
        if (stop_requested() || run_.gone) break;
        const auto found = visited_.find(name);
        if (found == visited_.end()) continue;
        const Visited visited = found->second;
        auto fetched = visit(visited.source, visited.mailbox, visited.delimiter);
        // A connection that was left idle may have been cut meanwhile, which is no news to anybody.
        if (!is_connected() && !dropped_ && !stop_requested() && !run_.gone) return fetch(sources);
        if (!fetched) report(visited.mailbox, fetched.error());
    }
    run_.console.clear_progress();
    return reported_ == reported_before && !run_.gone;
}

Result<void> AccountFetch::visit(const FetchSource& source, const Location& mailbox,
                                 std::optional<std::string> delimiter) {
    auto fetched = fetch_mailbox(source, mailbox, delimiter);
    if (!is_imap(mailbox)) return fetched;
    // What is still to be answered would be taken for the answer to the next command.
    dropped_ = is_connected() && client_->session().outstanding() > 0;
    if (dropped_) disconnect();
    visited_[mailbox.mailbox] = {source, mailbox, std::move(delimiter), !fetched};
    if (fetched && is_connected()) {
        news_.fetched(*client_, flags_decide(source.settings->selection));
        run_.console.recovered(encode(mailbox));
    } else {
        news_.forget(mailbox.mailbox);
    }
    return fetched;
}

// What can go wrong without the server is tried before it is asked, and before anything is created.
Result<void> AccountFetch::fetch_once(const FetchSource& source) {
    const ClientOptions& client = source.settings->client;
    if (auto mode = tls_mode(source.location, client); !mode) return tl::unexpected(mode.error());
    FetchSource named = source;
    auto user = login_user(source.location, client);
    if (!user) return tl::unexpected(user.error());
    named.location.user = std::move(*user);
    const Selection& selection = source.settings->selection;
    if (is_imap(source.location))
        return selection.any_mailboxes() ? fetch_mailboxes(named) : visit(named, named.location);
    if (selection.any_mailboxes() || selection.seen != Seen::any || selection.max_age ||
        !selection.search.empty())
        return fail(
            Errc::usage,
            "a POP3 server keeps no flags, dates or mailboxes: --mailboxes, --special-use, --subscribed, "
            "--seen-only, --unseen-only, --max-age and --search are for IMAP");
    return fetch_mailbox(named, named.location);
}

Result<void> AccountFetch::fetch_mailboxes(const FetchSource& source) {
    if (auto ready = log_in(source.location, *source.settings); !ready) return ready;
    auto mailboxes = choose_mailboxes(*client_, source.settings->selection);
    if (!mailboxes) return tl::unexpected(mailboxes.error());
    for (const ChosenMailbox& mailbox : *mailboxes) {
        if (stop_requested() || run_.gone) break;
        if (auto fetched = visit(source, mailbox.location, mailbox.delimiter); !fetched) {
            report(mailbox.location, fetched.error());
            if (!is_connected() && !dropped_) break;
        }
    }
    return {};
}

// Only the server knows the delimiter; it is asked where that makes a difference.
Result<TemplateValues> AccountFetch::template_values(const FetchSource& source, const Location& mailbox,
                                                     std::optional<std::string> delimiter) {
    const bool has_mailboxes = is_imap(mailbox);
    TemplateValues values;
    values.mailbox = has_mailboxes ? mailbox.mailbox : "INBOX";
    values.user = mailbox.user;
    values.host = mailbox.host;
    values.account = source.location.account;
    if (has_mailboxes && !delimiter && mailbox.mailbox != "INBOX" && names_mailbox(*source.settings)) {
        if (auto ready = log_in(mailbox, *source.settings); !ready) return tl::unexpected(ready.error());
        auto told = client_->delimiter();
        if (!told) return tl::unexpected(told.error());
        delimiter = std::move(*told);
    }
    if (delimiter) values.delimiter = std::move(*delimiter);
    return values;
}

Result<void> AccountFetch::fetch_mailbox(const FetchSource& source, const Location& mailbox,
                                         std::optional<std::string> delimiter) {
    counted_ = false;
    const FetchSettings& settings = *source.settings;
    // Before the state, and the destination, are there: a wrong password leaves nothing behind.
    Login login;
    if (!is_imap(mailbox)) {
        auto found = find_login(mailbox, settings.client);
        if (!found) return tl::unexpected(found.error());
        login = std::move(*found);
    }
    const auto values = template_values(source, mailbox, std::move(delimiter));
    if (!values) return tl::unexpected(values.error());
    const auto destinations = parse_destinations(settings, *values);
    if (!destinations) return tl::unexpected(destinations.error());
    const auto place = state_place(run_.options);
    auto state = FetchState::open(place, mailbox, state_destination(settings, destinations->main));
    if (!state) return tl::unexpected(state.error());
    std::unique_ptr<Delivery> delivery;
    if (!run_.options.dry_run) {
        auto opened = open_delivery(*destinations, {settings, mailbox, *state, run_.console});
        if (!opened) {
            // It has to do with the user, or the mailbox, of this source only.
            if (opened.error().kind == Errc::usage || has_template(settings))
                return tl::unexpected(opened.error());
            // Every other source would meet the same.
            if (!run_.gone.exchange(true)) {
                const bool is_server = destinations->main && destinations->main->is_remote();
                run_.console.error(is_server ? encode(*destinations->main) : std::string(), opened.error());
            }
            run_.console.count_failed_source();
            return {};
        }
        delivery = std::move(*opened);
    }
    FetchJob job({mailbox, source.refs, &settings, *destinations, run_.options.dry_run, place, &*state,
                  delivery.get(), &run_.console, &run_.shared.known_in_stores});
    return run_job(job, mailbox, settings, std::move(login));
}

Result<void> AccountFetch::run_job(FetchJob& job, const Location& mailbox, const FetchSettings& settings,
                                   Login login) {
    if (!job.dry_run()) job.recover();
    Result<void> fetched;
    if (job.failed()) {
        // Nothing is fetched that could not be delivered.
    } else if (!is_imap(mailbox)) {
        fetched = fetch_pop3_over(job, mailbox, settings.client, std::move(login));
    } else if (fetched = log_in(mailbox, settings); fetched) {
        fetched = fetch_imap(job, *client_);
    }
    if (job.failed() && !has_template(settings)) run_.gone = true;
    counted_ = true;
    if (auto told = job.finish(!fetched); !told) return told;
    return fetched;
}

Result<void> AccountFetch::fetch_pop3_over(FetchJob& job, const Location& maildrop, const ClientOptions& client,
                                           Login login) {
    auto connection = open_connection(maildrop, client);
    if (!connection) return tl::unexpected(connection.error());
    Pop3Client pop3(maildrop, std::move(*connection), std::move(login), run_.console.trace());
    if (auto logged_in = pop3.log_in(); !logged_in) return logged_in;
    login_delay_ = pop3.login_delay();
    return fetch_pop3(job, pop3);
}

Result<void> AccountFetch::log_in(const Location& mailbox, const FetchSettings& settings) {
    const ClientOptions& client = settings.client;
    if (is_connected()) return {};
    disconnect();
    auto login = find_login(mailbox, client);
    if (!login) return tl::unexpected(login.error());
    auto connection = open_connection(mailbox, client);
    if (!connection) return tl::unexpected(connection.error());
    ImapClient::Note note = [&console = run_.console, where = encode(mailbox)](std::string_view text) {
        console.note(where, text);
    };
    client_ = std::make_unique<ImapClient>(mailbox, std::move(*connection), std::move(*login),
                                           run_.console.trace(), std::move(note));
    if (auto logged_in = client_->log_in(); !logged_in) return logged_in;
    // RFC 6855 section 3: without it a server may give out substitutes for messages with UTF-8 in their headers.
    // RFC 9586: no message number is used here, and a server may be spared keeping them.
    std::vector<std::string> extensions{"UTF8=ACCEPT", "UIDONLY"};
    // Once a mailbox is selected it is too late for it (RFC 5161 section 3.1).
    if (flags_decide(settings.selection)) extensions.emplace_back("QRESYNC");
    client_->enable(std::move(extensions));
    return {};
}

Result<std::unique_ptr<Delivery>> AccountFetch::open_delivery(const Destinations& destinations,
                                                              const DeliveryContext& context) {
    const std::lock_guard lock(run_.shared.opening);
    if (!destinations.main) {
        if (!run_.output) run_.output = MessageOutput::make(run_.options.format, STDOUT_FILENO);
        return make_output_delivery(*run_.output, context.state);
    }
    for (const Location& root : destinations.roots) {
        if (auto made = store::open_writer(store::Format::maildir, root.path); !made)
            return tl::unexpected(made.error());
    }
    if (destinations.routes.empty() && context.state.pending_places().empty())
        return make_delivery(*destinations.main, context);
    return make_routed_delivery(destinations, context);
}

}  // namespace mailpipe::app
