#include "mailpipe/app/list/list.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/change.hpp"
#include "mailpipe/app/list/change_output.hpp"
#include "mailpipe/app/list/follow.hpp"
#include "mailpipe/app/list/list_output.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/list/mailboxes.hpp"
#include "mailpipe/app/list/ref_lister.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/app/pop3_client.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/store/maildir_tree.hpp"

namespace mailpipe::app {
namespace {

using Followers = std::vector<std::pair<std::string, std::unique_ptr<Follower>>>;

Result<void> list_location(const Location& location, Listing& listing) {
    auto source = open_list_source(location, listing);
    if (!source) return tl::unexpected(source.error());
    return (*source)->list_all();
}

Result<std::vector<Location>> folders_of(const Location& location) {
    auto folders = store::find_maildirs(location.path, true);
    if (!folders) return tl::unexpected(folders.error());
    if (folders->empty()) return fail(Errc::not_found, "there is no Maildir in it");
    std::vector<Location> places;
    for (store::MaildirFolder& folder : *folders) {
        Location& place = places.emplace_back(location);
        place.path = folder.path;
        Mailbox mailbox;
        mailbox.levels = folder_levels(std::move(folder.levels));
        place.mailbox = mailbox.full_name();
    }
    return places;
}

void list_folders(const Location& location, const std::string& text, Listing& listing) {
    const auto places = folders_of(location);
    if (!places) return listing.diagnostics.error(text, places.error());
    for (const Location& place : *places) {
        if (listing.output.ended()) return;
        if (const auto listed = list_location(place, listing); !listed) {
            listing.report(encode(place), listed.error());
            if (stop_requested()) return;
        }
    }
}

void list_argument(const Location& location, const std::string& text, RefLister& refs, Listing& listing) {
    if (location.scheme == Scheme::stdio) {
        if (listing.change == nullptr) return list_input(STDIN_FILENO, "stdin", false, {}, refs, listing);
        const Error error{Errc::usage, "messages on stdin cannot be changed; use --refs -", std::nullopt};
        return listing.diagnostics.error(text, error);
    }
    if (location.is_ref()) return refs.add(location, text);
    refs.finish();
    if (location.scheme == Scheme::message_file && listing.change == nullptr)
        return list_file(location, text, refs, listing);
    if (listing.options.recursive && location.scheme == Scheme::maildir)
        return list_folders(location, text, listing);
    if (const auto listed = list_location(location, listing); !listed) {
        listing.report(text, listed.error());
    }
}

// The change of a whole mbox would make the messages in it be called otherwise than the refs say.
std::vector<config::Located> in_order(const Listing& listing) {
    std::vector<config::Located> located = listing.accounts.locate_all(listing.options.locations);
    if (listing.change == nullptr) return located;
    std::stable_partition(located.begin(), located.end(),
                          [](const config::Located& one) { return one.location.is_ref(); });
    return located;
}

void list_arguments(Listing& listing, const std::function<void(const std::string&)>& begin) {
    RefLister refs(listing);
    begin("stdin");
    if (listing.options.refs_from_stdin) list_input(STDIN_FILENO, "stdin", true, {}, refs, listing);
    for (const auto& [text, location] : in_order(listing)) {
        if (listing.output.ended()) break;
        if (stop_requested()) {
            listing.diagnostics.error(text, stopped_by_signal());
            break;
        }
        begin(text);
        list_argument(location, text, refs, listing);
    }
    if (!stop_requested()) refs.finish();
}

// Those of a location: with --recursive of each Maildir.
void open_followers(const Location& location, const std::string& text, Followers& followers, Listing& listing) {
    if (location.is_ref()) {
        const Error error{Errc::usage, "names a message, not a mailbox to follow", std::nullopt};
        return listing.diagnostics.error(text, error);
    }
    std::vector<Location> places{location};
    if (listing.options.recursive && location.scheme == Scheme::maildir) {
        auto folders = folders_of(location);
        if (!folders) return listing.diagnostics.error(text, folders.error());
        places = std::move(*folders);
    }
    for (const Location& place : places) {
        auto follower = open_follower(place, listing);
        if (!follower) {
            listing.report(text, follower.error());
        } else {
            followers.emplace_back(encode(place), std::move(*follower));
        }
    }
}

void follow_arguments(Listing& listing) {
    Followers followers;
    for (const auto& [text, location] : listing.accounts.locate_all(listing.options.locations)) {
        if (!stop_requested()) open_followers(location, text, followers, listing);
    }
    follow(std::move(followers), listing);
}

int run_listing(const ListOptions& options, config::Accounts& accounts, email::Query query,
                Diagnostics& diagnostics) {
    auto form = ListForm::of(options);
    if (!form) {
        diagnostics.error("", form.error());
        return diagnostics.exit_status();
    }
    ListOutput output(options.common, std::move(*form));
    diagnostics.set_progress(&output.progress());
    Listing listing{options, std::move(query), output, diagnostics, accounts};
    if (options.follow) {
        follow_arguments(listing);
    } else {
        list_arguments(listing, [&output](const std::string& where) { output.progress().begin(where); });
    }
    if (const auto finished = output.finish(); !finished) diagnostics.error("stdout", finished.error());
    diagnostics.set_progress(nullptr);
    return diagnostics.exit_status();
}

int run_change(const ListOptions& options, config::Accounts& accounts, const Change& change, email::Query query,
               Diagnostics& diagnostics) {
    ChangeOutput output(options.common, options.limit);
    Listing listing{options, std::move(query), output, diagnostics, accounts, &change};
    list_arguments(listing, [](const std::string&) {});
    return diagnostics.exit_status();
}

}  // namespace

Result<std::unique_ptr<ListSource>> open_list_source(const Location& location, Listing& listing) {
    if (listing.change != nullptr) return open_changing_source(location, listing);
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox: {
            auto store = LocalStore::open(location);
            if (!store) return tl::unexpected(store.error());
            return make_store_source(std::make_shared<LocalStore>(std::move(*store)), listing);
        }
        case Scheme::imap:
        case Scheme::imaps: {
            auto client = open_imap(location, listing.accounts, listing.trace_or_null(), listing.diagnostics);
            if (!client) return tl::unexpected(client.error());
            return make_imap_source(std::move(*client), listing);
        }
        case Scheme::pop3:
        case Scheme::pop3s: {
            auto client = open_pop3(location, listing.accounts, listing.trace_or_null());
            if (!client) return tl::unexpected(client.error());
            return make_pop3_source(std::move(*client), listing);
        }
        default:
            return fail(Errc::usage, "cannot be listed; give a Maildir, an mbox, or an IMAP or POP3 URL");
    }
}

int run_list(const ListOptions& options) {
    install_stop_handlers();
    if (options.mailboxes) return run_mailboxes(options);
    Diagnostics diagnostics("mail-list", options.common);
    email::Query query;
    if (!options.search.empty()) {
        auto parsed = email::parse_search(options.search);
        if (!parsed) {
            diagnostics.error("--search", parsed.error());
            return diagnostics.exit_status();
        }
        query = std::move(*parsed);
    }
    config::Accounts accounts(options.client, diagnostics);
    const auto change = Change::of(options, accounts);
    if (!change) {
        diagnostics.error("", change.error());
        return diagnostics.exit_status();
    }
    return *change ? run_change(options, accounts, **change, std::move(query), diagnostics)
                   : run_listing(options, accounts, std::move(query), diagnostics);
}

}  // namespace mailpipe::app
