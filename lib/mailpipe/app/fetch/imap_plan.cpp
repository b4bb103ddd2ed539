#include "mailpipe/app/fetch/imap_plan.hpp"

#include <algorithm>
#include <ctime>
#include <unordered_map>

#include "mailpipe/app/fetch/imap_criteria.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 1000;
constexpr std::size_t kInFlight = 2;

// Sizes, and headers when `body` says so: use(uid, fingerprint, size) for each that is there.
template <class Use>
Result<void> look_at(ImapClient& client, const std::vector<std::uint32_t>& uids, imap::FetchBody body,
                     Use use) {
    std::size_t next = 0;
    const std::size_t at_once = client.at_once(kUidsAtOnce);
    Fingerprinter fingerprinter;
    while (true) {
        while (next < uids.size() && client.session().outstanding() < kInFlight) {
            const auto begin = uids.begin() + static_cast<std::ptrdiff_t>(next);
            next = std::min(uids.size(), next + at_once);
            const auto end = uids.begin() + static_cast<std::ptrdiff_t>(next);
            client.session().uid_fetch(uid_ranges(begin, end), body, false);
        }
        if (client.session().outstanding() == 0) return {};
        auto step = client.next_accepted();
        if (!step) return tl::unexpected(step.error());
        if (std::holds_alternative<imap::BodyBegin>(*step)) {
            fingerprinter = {};
        } else if (const auto* data = std::get_if<imap::BodyData>(&*step)) {
            fingerprinter.append(data->octets);
        } else if (const auto* fetched = std::get_if<imap::Fetched>(&*step)) {
            const bool complete = body == imap::FetchBody::none || fetched->message.has_body;
            const Fingerprint print = fingerprinter.finish();
            if (complete) use(fetched->message.uid, print, fetched->message.size.value_or(0));
        } else if (const auto* done = std::get_if<imap::CommandDone>(&*step); done == nullptr) {
            return unexpected_answer();
        } else if (done->limited_from > uids.front()) {
            // What is not known by its header would be fetched once more.
            return fail(Errc::protocol, "the server has looked at a part of the messages only");
        }
    }
}

// What was settled by the rules of this run, which looks at all that they are about.
const Settled* settled_of(const FetchJob& job) {
    const auto& settled = job.state().settled();
    const bool usable = settled && !settled->rules.empty() && !job.refs() && !job.dry_run() &&
                        settled->rules == settled_rules(job.retention(), job.selection());
    return usable ? &*settled : nullptr;
}

// Whether each message is judged by itself, and by what a change of it shows.
bool can_go_by_changes(const FetchJob& job) {
    const Retention& rules = job.retention();
    return flags_decide(job.selection()) && (!rules.any() || rules.all()) && !rules.remove_removed &&
           (!rules.limit || !rules.limit->percent);
}

bool only_seen_decides(const Selection& selection) {
    return selection.seen != Seen::any && !selection.max_size && !selection.max_age && selection.search.empty();
}

class Planner {
 public:
    Planner(FetchJob& job, ImapClient& client) : job_(job), client_(client) {}

    Result<ImapPlan> run() {
        plan_.rests = rests();
        if (plan_.rests) {
            plan_.listed_all = false;
            return std::move(plan_);
        }
        news_only_ = can_go_on();
        if (auto listed = list(); !listed) return tl::unexpected(listed.error());
        if (auto brought = bring_state(); !brought) return tl::unexpected(brought.error());
        if (auto selected = select(); !selected) return tl::unexpected(selected.error());
        if (auto decided = decide(); !decided) return tl::unexpected(decided.error());
        return std::move(plan_);
    }

 private:
    // Rules that left nothing to do leave nothing now, where neither messages nor flags nor the time that they are
    // about have moved on: no listing, and the journal stays unread.
    bool rests() const {
        const auto* settled = settled_of(job_);
        if (settled == nullptr || job_.state().failed_count() > 0) return false;
        const auto& selected = client_.selected();
        const bool same = job_.state().validity() == client_.uid_validity() &&
                          selected.uid_next == settled->uid_next && selected.exists <= settled->exists;
        const bool same_flags = !flags_decide(job_.selection()) ||
                                (settled->modseq != 0 && selected.highest_modseq == settled->modseq);
        return same && same_flags && (settled->until == 0 || std::time(nullptr) < settled->until) &&
               is_unchanged(settled->maildirs);
    }

    // Whether what has changed since is all that has to be looked at. A server whose numbers go back, or that has more
    // messages without a new UID, is asked for everything.
    bool can_go_on() const {
        const auto* settled = settled_of(job_);
        if (settled == nullptr || !can_go_by_changes(job_)) return false;
        const auto& selected = client_.selected();
        return job_.state().validity() == client_.uid_validity() && settled->modseq != 0 &&
               selected.highest_modseq >= settled->modseq && selected.uid_next >= settled->uid_next &&
               (selected.uid_next > settled->uid_next || selected.exists <= settled->exists) &&
               !job_.state().has_many_beyond(selected.exists);
    }

    // What an earlier run has left nothing of is not listed again: most runs of a cron job find nothing, in a
    // mailbox of any size. Rules of retention need to see all.
    Result<void> list() {
        if (news_only_) {
            plan_.listed_all = false;
            return job_.state().load();
        }
        const auto& selected = client_.selected();
        const std::uint32_t first = job_.state().complete_below();
        const bool same =
            job_.state().validity() == client_.uid_validity() && first != 0 && selected.uid_next >= first;
        plan_.listed_all = !same || job_.refs() || job_.retention().any() || job_.dry_run() ||
                           !job_.selection().all_messages() || job_.state().has_many_beyond(selected.exists);
        // More messages than are known below a UIDNEXT that stands still: it is not believed.
        const bool plausible = !job_.state().has_less_than(selected.exists);
        if (!plan_.listed_all && selected.uid_next == first && plausible) return {};
        if (auto loaded = job_.state().load(); !loaded) return loaded;
        auto found = client_.search(plan_.listed_all ? "ALL" : "UID " + std::to_string(first) + ":*");
        if (!found) return tl::unexpected(found.error());
        plan_.listed = std::move(*found);
        // "7:*" names the last message when there is none from 7 on (RFC 3501 section 6.4.8).
        if (!plan_.listed_all) {
            plan_.listed.erase(plan_.listed.begin(),
                               std::lower_bound(plan_.listed.begin(), plan_.listed.end(), first));
        }
        return {};
    }

    Result<void> bring_state() {
        const std::uint32_t validity = *client_.uid_validity();
        const auto before = job_.state().validity();
        if (before == validity) return {};
        auto known = before ? known_by_journal(job_.state()) : job_.known_without_journal();
        if (!known) return tl::unexpected(known.error());
        Adopted adopted;
        if (!known->empty()) {
            const auto take = [&](std::uint32_t uid, const Fingerprint& print, std::uint64_t size) {
                if (auto found = known->take(print, size)) adopted.add(std::to_string(uid), std::move(*found));
            };
            auto looked = look_at(client_, plan_.listed, imap::FetchBody::header, take);
            if (!looked) return looked;
        }
        const std::string count =
            std::to_string(adopted.done().size()) + " of " + std::to_string(plan_.listed.size()) + " messages";
        if (before) {
            job_.note("UIDVALIDITY has changed from " + std::to_string(*before) + " to " +
                      std::to_string(validity) + ": " + count +
                      " are known by their header, the others count as new");
        } else if (!adopted.done().empty()) {
            job_.note("there is no record of what was fetched: " + count +
                      " are at the destination already, by their header");
        }
        return job_.state().set_validity(validity, adopted.done());
    }

    // What the refs name, or the selection leaves.
    Result<void> select() {
        const auto& settled = job_.state().settled();
        const bool flags_only = news_only_ && client_.selected().resynced &&
                                !client_.selected().changed.empty() && only_seen_decides(job_.selection());
        if (job_.refs()) {
            named_by_refs();
        } else if (job_.selection().all_messages()) {
            plan_.looked_at = plan_.listed;
        } else if (flags_only && client_.selected().uid_next == settled->uid_next) {
            named_by_flags();
        } else {
            auto criteria =
                imap_criteria(job_.selection(), client_.has_capability("WITHIN"), std::time(nullptr));
            if (!criteria) return tl::unexpected(criteria.error());
            // What is new counts whatever its MODSEQ.
            if (news_only_) {
                *criteria += " OR MODSEQ " + std::to_string(settled->modseq + 1) + " UID " +
                             std::to_string(settled->uid_next) + ":*";
            }
            auto found = client_.search(*criteria);
            if (!found) return tl::unexpected(found.error());
            plan_.looked_at = std::move(*found);
        }
        return {};
    }

    void named_by_flags() {
        const bool seen = job_.selection().seen == Seen::seen;
        for (const imap::FlagNews& one : client_.selected().changed) {
            if (one.seen == seen) plan_.looked_at.push_back(one.uid);
        }
        sort_out(plan_.looked_at);
    }

    static void sort_out(std::vector<std::uint32_t>& uids) {
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    }

    void named_by_refs() {
        std::vector<std::uint32_t>& uids = plan_.looked_at;
        for (const Location& ref : *job_.refs()) {
            const std::uint32_t uid = ref.uid.value_or(0);
            if (client_.is_outdated(ref) ||
                !std::binary_search(plan_.listed.begin(), plan_.listed.end(), uid)) {
                job_.report(encode(ref), client_.no_such_message(ref));
            } else {
                uids.push_back(uid);
            }
        }
        sort_out(uids);
    }

    Result<void> decide() {
        std::unordered_map<std::uint32_t, std::uint64_t> sizes;
        if (job_.retention().keep_size || job_.dry_run()) {
            const auto keep = [&sizes](std::uint32_t uid, const Fingerprint&, std::uint64_t size) {
                sizes[uid] = size;
            };
            auto looked = look_at(client_, plan_.looked_at, imap::FetchBody::none, keep);
            if (!looked) return looked;
        }
        std::string key;
        plan_.judged = job_.judge(plan_.looked_at.size(), [&](std::size_t i) {
            const std::uint32_t uid = plan_.looked_at[i];
            const auto size = sizes.find(uid);
            key = std::to_string(uid);
            return Listed{key, size == sizes.end() ? 0 : size->second};
        });
        for (std::size_t i = 0; i < plan_.looked_at.size(); ++i) {
            const std::uint32_t uid = plan_.looked_at[i];
            const std::string number = std::to_string(uid);
            const bool done = job_.state().is_done(number);
            const bool wanted = job_.is_wanted(number);
            if (wanted) plan_.fetch.push_back(uid);
            if (done && plan_.judged.goes[i]) plan_.remove.push_back(uid);
            if (job_.dry_run()) tell(i, wanted, done, sizes[uid]);
        }
        return {};
    }

    void tell(std::size_t i, bool wanted, bool done, std::uint64_t size) {
        const std::uint32_t uid = plan_.looked_at[i];
        const std::string ref = client_.ref_of(uid);
        if (wanted) job_.plan({false, ref, uid, size});
        if (plan_.judged.goes[i] && (wanted || done)) job_.plan({true, ref, uid, size});
    }

    FetchJob& job_;
    ImapClient& client_;
    ImapPlan plan_;
    bool news_only_ = false;
};

}  // namespace

bool ImapPlan::knows_all(std::uint32_t exists) const {
    return !listed_all || listed.size() >= exists;
}

bool ImapPlan::goes(std::uint32_t uid) const {
    const auto found = std::lower_bound(looked_at.begin(), looked_at.end(), uid);
    return found != looked_at.end() && *found == uid &&
           judged.goes[static_cast<std::size_t>(found - looked_at.begin())];
}

ImapNews news_wanted(const FetchJob& job) {
    if (settled_rules(job.retention(), job.selection()).empty() || !flags_decide(job.selection())) return {};
    const auto* settled = settled_of(job);
    if (settled == nullptr || settled->modseq == 0 || !job.state().validity())
        return {imap::SelectNews::modseq, {}};
    return {imap::SelectNews::resync, {*job.state().validity(), settled->modseq}};
}

Result<ImapPlan> plan_imap(FetchJob& job, ImapClient& client) {
    return Planner(job, client).run();
}

}  // namespace mailpipe::app
