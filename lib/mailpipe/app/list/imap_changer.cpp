#include <algorithm>
#include <unordered_map>

#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/imap_flags.hpp"
#include "mailpipe/app/list/changer.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

using Uids = std::vector<std::uint32_t>;

Uids uids_of(const Changer::Targets& targets) {
    Uids uids;
    for (const email::Context& target : targets)
        uids.push_back(target.uid.value_or(0));
    std::sort(uids.begin(), uids.end());
    uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    return uids;
}

class ImapChanger : public Changer {
 public:
    ImapChanger(std::shared_ptr<ImapClient> client, Listing& listing)
        : client_(std::move(client)),
          listing_(listing),
          source_(make_imap_source(client_, listing)),
          messages_(make_imap_mailbox(client_)) {}

    Result<void> check(const Change& change) override {
        if (change.kind == Change::Kind::copy) return {};
        if (client_->selected().read_only) return fail(Errc::unsupported, "the mailbox is read-only");
        if (change.kind == Change::Kind::flag) return check_flags(change.flags.add);
        return {};
    }
    ListSource& source() override { return *source_; }
    SourceMailbox& messages() override { return *messages_; }

    Result<void> set_flags(const Targets& targets, const store::FlagChange& flags,
                           const ChangeReport& report) override {
        const Uids uids = uids_of(targets);
        const std::string set = uid_ranges(uids.begin(), uids.end());
        std::size_t stores = 0;
        for (const auto& [action, keywords] : {std::pair(imap::FlagAction::add, &flags.add),
                                               std::pair(imap::FlagAction::remove, &flags.remove)}) {
            if (keywords->empty()) continue;
            client_->session().uid_store(set, action, flags_of_keywords(*keywords));
            ++stores;
        }
        // A STORE to messages that are gone is OK as well: what is there says who is left.
        client_->session().uid_fetch(set, imap::FetchBody::none, false);
        std::unordered_map<std::uint32_t, email::Context> found;
        auto fetched = finish(stores + 1, [&](const imap::ClientStep& step) {
            if (const auto* one = std::get_if<imap::Fetched>(&step))
                found.insert_or_assign(one->message.uid, client_->context_of(one->message));
        });
        if (!fetched) return fetched;
        for (const email::Context& target : targets) {
            const auto context = found.find(target.uid.value_or(0));
            if (context == found.end()) {
                report.gone(target);
            } else if (auto written = report.changed(context->second); !written) {
                return written;
            }
        }
        return {};
    }

    Result<void> remove(const Targets& targets, const ChangeReport& report) override {
        if (auto removed = remove_uids(uids_of(targets), report); !removed) return removed;
        for (const email::Context& target : targets) {
            email::Context context = client_->context_of(target.uid.value_or(0));
            if (auto written = report.changed(context); !written) return written;
        }
        return {};
    }

    Result<bool> transfer(const Targets& targets, const Change& change, const ChangeReport& report) override {
        if (!is_same_account(change.destination)) return false;
        const Uids uids = uids_of(targets);
        const std::string set = uid_ranges(uids.begin(), uids.end());
        const bool move = change.kind == Change::Kind::move;
        const bool by_server =
            move && (client_->has_capability("MOVE") || client_->has_capability("IMAP4REV2"));
        if (by_server) {
            client_->session().uid_move(set, change.destination.mailbox);
        } else {
            client_->session().uid_copy(set, change.destination.mailbox);
        }
        const auto step = client_->next_accepted();
        if (!step) return tl::unexpected(step.error());
        const auto* copied = std::get_if<imap::Copied>(&*step);
        if (copied == nullptr) return unexpected_answer();
        const imap::Copied answer = *copied;
        if (move && !by_server) {
            // Only what the server names, where it does: what came meanwhile is not in the set.
            const Uids& done = answer.uid_validity == 0 ? uids : answer.from;
            if (auto removed = remove_uids(done, report); !removed) return tl::unexpected(removed.error());
        }
        if (auto told = tell_copied(targets, change, answer, report); !told)
            return tl::unexpected(told.error());
        return true;
    }

 private:
    Result<void> check_flags(const store::Keywords& keywords) const {
        const auto& lasting = client_->selected().permanent_flags;
        if (!lasting) return {};
        for (const std::string& flag : flags_of_keywords(keywords)) {
            const bool lasts = std::any_of(lasting->begin(), lasting->end(), [&flag](const std::string& one) {
                return (one == "\\*" && !flag.starts_with('\\')) || ascii::equals_ignore_case(one, flag);
            });
            if (!lasts) return fail(Errc::unsupported, "the mailbox cannot keep the flag \"" + flag + "\"");
        }
        return {};
    }

    // Waits for so many commands; `use` gets what comes before their ends.
    template <class Use>
    Result<void> finish(std::size_t commands, const Use& use) {
        std::optional<Error> refused;
        while (commands > 0) {
            const auto step = client_->next();
            if (!step) return tl::unexpected(step.error());
            if (const auto* one = std::get_if<imap::Refused>(&*step)) {
                if (!refused) refused = one->error;
                --commands;
            } else if (const auto* done = std::get_if<imap::CommandDone>(&*step)) {
                // MESSAGELIMIT (RFC 9738): which of them it was done for is not certain here.
                if (done->limited_from > 1 && !refused)
                    refused = Error{Errc::temporary, "the server has done it for a part of the messages", {}};
                --commands;
            } else {
                use(*step);
            }
        }
        if (refused) return tl::unexpected(*refused);
        return {};
    }

    Result<void> remove_uids(const Uids& uids, const ChangeReport& report) {
        if (uids.empty()) return {};
        const std::string set = uid_ranges(uids.begin(), uids.end());
        const bool expunges = client_->has_capability("UIDPLUS") || client_->has_capability("IMAP4REV2");
        client_->session().uid_store(set, imap::FlagAction::add, {"\\Deleted"});
        if (expunges) client_->session().uid_expunge(set);
        auto done = finish(expunges ? 2 : 1, [](const imap::ClientStep&) {});
        if (done && !expunges && !std::exchange(told_, true))
            report.note("the server has no UIDPLUS: the messages stay marked as deleted");
        return done;
    }

    bool is_same_account(const Location& other) const {
        const Location& here = client_->location();
        std::string user = other.user;
        if (user.empty()) {
            if (const auto options = listing_.accounts.client(other)) user = options->user;
        }
        return other.scheme == here.scheme && other.host == here.host && other.port == here.port &&
               (user.empty() || user == here.user);
    }

    // Without COPYUID nobody can say what the messages are called now.
    Result<void> tell_copied(const Targets& targets, const Change& change, const imap::Copied& copied,
                             const ChangeReport& report) {
        std::unordered_map<std::uint32_t, std::uint32_t> places;
        for (std::size_t i = 0; i < copied.from.size(); ++i)
            places.emplace(copied.from[i], copied.to[i]);
        for (const email::Context& target : targets) {
            email::Context context;
            context.mailbox = change.destination.mailbox;
            if (copied.uid_validity != 0) {
                const auto place = places.find(target.uid.value_or(0));
                if (place == places.end()) {
                    report.gone(target);
                    continue;
                }
                Location ref = client_->location();
                ref.mailbox = change.destination.mailbox;
                ref.uid_validity = context.uid_validity = copied.uid_validity;
                ref.uid = context.uid = place->second;
                context.ref = encode(ref);
            }
            if (auto written = report.changed(context); !written) return written;
        }
        return {};
    }

    std::shared_ptr<ImapClient> client_;
    Listing& listing_;
    std::unique_ptr<ListSource> source_;
    std::unique_ptr<SourceMailbox> messages_;
    bool told_ = false;
};

}  // namespace

Result<std::unique_ptr<Changer>> open_imap_changer(const Location& location, Listing& listing) {
    const bool read_only = listing.change->kind == Change::Kind::copy;
    auto client = open_imap(location, listing.accounts, listing.trace_or_null(), listing.diagnostics,
                            read_only ? ImapAccess::read : ImapAccess::write);
    if (!client) return tl::unexpected(client.error());
    return std::make_unique<ImapChanger>(std::move(*client), listing);
}

}  // namespace mailpipe::app
