#include "mailpipe/app/fetch/sources.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/refs_input.hpp"
#include "mailpipe/app/fetch/route.hpp"

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

bool has_maildir(const Destinations& destinations) {
    return destinations.main->scheme == Scheme::maildir ||
           std::any_of(destinations.routes.begin(), destinations.routes.end(),
                       [](const Route& route) { return route.destination.scheme == Scheme::maildir; });
}

Result<void> check_settings(const FetchOptions& options, const FetchSettings& settings) {
    const auto usage = [](const char* text) { return fail(Errc::usage, text); };
    if (settings.headers_only && settings.retention.any())
        return usage("--headers-only fetches no whole message, so that nothing may be deleted");
    if (options.watch && (settings.destination.empty() || options.dry_run || options.refs_from_stdin))
        return usage("--watch needs --to, and goes neither with --dry-run nor with --refs");
    const auto destinations = parse_destinations(settings);
    if (!destinations) return tl::unexpected(destinations.error());
    if (!destinations->main) {
        if (!settings.retention.any()) return {};
        return usage("--delete needs --to: on stdout nobody can say what has become of a message");
    }
    if (settings.retention.remove_removed && !has_maildir(*destinations))
        return usage("--delete-removed needs a Maildir: nowhere else has a message a lasting name");
    return {};
}

}  // namespace

FetchSources::FetchSources(FetchOptions& options, Diagnostics& diagnostics)
    : options_(options), diagnostics_(diagnostics), accounts_(options.settings.client, diagnostics) {}

void FetchSources::read() {
    // What contradicts itself without any account is said once, not for each source.
    const bool all_typed = std::none_of(options_.sources.begin(), options_.sources.end(),
                                        [](const std::string& text) { return text.starts_with('@'); });
    if (all_typed) {
        if (auto checked = check_settings(options_, options_.settings); !checked)
            return diagnostics_.error("", checked.error());
    }
    for (const auto& [text, location] : accounts_.locate_all(options_.sources))
        add(location, text);
    if (options_.refs_from_stdin) {
        const auto read = read_refs(STDIN_FILENO, [this](Result<Location> ref) {
            if (ref) return add(*ref, encode(*ref));
            diagnostics_.error("", ref.error());
        });
        if (!read) diagnostics_.error("", read.error());
    }
    drop_those_without_destination();
}

void FetchSources::add(const Location& location, const std::string& text) {
    if (!can_be_fetched(location)) {
        const Error error{Errc::usage, "cannot be fetched from; give an imap, imaps, pop3 or pop3s URL",
                          std::nullopt};
        return diagnostics_.error(text, error);
    }
    const Location mailbox = container(location);
    const bool follows = !sources_.empty() && sources_.back().location == mailbox;
    if (!follows || sources_.back().refs.has_value() != location.is_ref()) {
        auto settings = settings_of(mailbox);
        if (!settings) return diagnostics_.error(text, settings.error());
        sources_.push_back({mailbox, {}, std::move(*settings)});
    }
    if (!location.is_ref()) return;
    if (!sources_.back().refs) sources_.back().refs.emplace();
    sources_.back().refs->push_back(location);
}

Result<std::shared_ptr<const FetchSettings>> FetchSources::settings_of(const Location& mailbox) {
    Location server = mailbox;
    server.mailbox.clear();
    const auto [place, is_first] = settings_.try_emplace(mailbox.account + "/" + encode(server));
    if (!is_first) {
        if (place->second) return place->second;
        return fail(Errc::config, std::string(kReported));
    }
    auto settings =
        accounts_.settings(mailbox, {options_.settings, options_.jobs, options_.format, options_.summary, {}});
    if (!settings) return tl::unexpected(settings.error());
    if (auto checked = check_settings(options_, settings->fetch); !checked)
        return tl::unexpected(checked.error());
    if (auto found = find_destination_clients(accounts_, settings->fetch); !found)
        return tl::unexpected(found.error());
    options_.jobs = settings->jobs;
    options_.format = settings->format;
    options_.summary = settings->summary;
    place->second = std::make_shared<const FetchSettings>(std::move(settings->fetch));
    return place->second;
}

// Receipts and messages cannot share stdout.
void FetchSources::drop_those_without_destination() {
    if (!to_store() || options_.dry_run) return;
    std::erase_if(sources_, [this](const FetchSource& source) {
        if (!source.settings->destination.empty()) return false;
        const Error error{Errc::usage,
                          "has no destination, and another source has one; give --to, or \"to\" in its account",
                          std::nullopt};
        diagnostics_.error(encode(source.location), error);
        return true;
    });
}

std::vector<std::vector<FetchSource>> FetchSources::accounts() const {
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

bool FetchSources::to_store() const {
    return options_.dry_run || std::any_of(sources_.begin(), sources_.end(), [](const FetchSource& source) {
               return !source.settings->destination.empty();
           });
}

}  // namespace mailpipe::app
