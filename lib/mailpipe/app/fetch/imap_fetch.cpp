#include <algorithm>
#include <ctime>
#include <deque>
#include <unordered_map>
#include <utility>

#include "mailpipe/app/fetch/imap_plan.hpp"
#include "mailpipe/app/fetch/protocols.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 200;  // of one UID FETCH
constexpr std::size_t kFetchesInFlight = 2;
constexpr std::size_t kSinglesInFlight = 32;
constexpr std::size_t kRemovedAtOnce = 500;

class ImapFetch {
 public:
    ImapFetch(FetchJob& job, ImapClient& client)
        : job_(job),
          client_(client),
          body_(job.settings().headers_only ? imap::FetchBody::header : imap::FetchBody::whole),
          envelope_first_(job.to_stdout()) {}

    Result<void> run() {
        if (auto opened = open(); !opened) return opened;
        auto planned = plan_imap(job_, client_);
        if (!planned) return tl::unexpected(planned.error());
        plan_ = std::move(*planned);
        if (plan_.rests) job_.begin_transfer(0);
        if (job_.dry_run() || plan_.rests) return {};
        received_.resize(plan_.fetch.size());
        removable_ = std::move(plan_.remove);
        job_.begin_transfer(plan_.fetch.size());
        auto transferred = transfer();
        if (!transferred) job_.abandon();
        job_.flush([this](const Delivered& delivered) { may_go(delivered); });
        if (!transferred) return transferred;
        auto finished = finish();
        // What a destination that takes no more has led to was said with it.
        return job_.failed() ? Result<void>{} : finished;
    }

 private:
    // Commands in flight, in order; the session answers them so.
    struct InFlight {
        imap::Command command{};
        std::vector<std::uint32_t> uids;
        bool with_body = false;
    };

    struct Envelope {
        std::uint32_t sequence_number = 0;
        Message message;
    };

    Result<void> open() {
        const auto [news, past] = news_wanted(job_);
        const auto selected = client_.select(job_.source(), !job_.changes_source(), news, past);
        if (client_.tls_info()) job_.set_tls(client_.tls_info()->version);
        if (!selected) return tl::unexpected(selected.error());
        if (!client_.uid_validity()) {
            return fail(Errc::unsupported,
                        "the mailbox has no persistent UIDs, so that messages cannot be told apart");
        }
        if (job_.changes_source() && client_.selected().read_only) {
            return fail(Errc::unsupported, "the mailbox is read-only: use --keep");
        }
        return {};
    }

    void may_go(const Delivered& delivered) {
        if (plan_.goes(delivered.number)) removable_.push_back(delivered.number);
    }

    void send(imap::Command command, std::vector<std::uint32_t> uids, bool with_body = false) {
        const std::string set = uid_ranges(uids.begin(), uids.end());
        switch (command) {
            case imap::Command::fetch:
                client_.session().uid_fetch(set, with_body ? body_ : imap::FetchBody::none);
                break;
            case imap::Command::store:
                client_.session().uid_store(set, imap::FlagAction::add, {"\\Deleted"});
                break;
            case imap::Command::expunge:
                client_.session().uid_expunge(set);
                break;
            default:
                return;
        }
        in_flight_.push_back({command, std::move(uids), with_body});
    }

    // stdout needs flags and date before the body: they are asked for first, and then each body alone, so that
    // what comes is known before its first octet.
    void top_up() {
        if (envelope_first_) {
            while (!singles_.empty() && in_flight_.size() < kSinglesInFlight && !job_.ending()) {
                send(imap::Command::fetch, {singles_.front()}, true);
                singles_.pop_front();
            }
            if (!in_flight_.empty() || !singles_.empty()) return;
        }
        while (next_ < plan_.fetch.size() && in_flight_.size() < kFetchesInFlight && !job_.ending()) {
            const std::size_t count = std::min(client_.at_once(kUidsAtOnce), plan_.fetch.size() - next_);
            const auto first = plan_.fetch.begin() + static_cast<std::ptrdiff_t>(next_);
            send(imap::Command::fetch, {first, first + static_cast<std::ptrdiff_t>(count)}, !envelope_first_);
            next_ += count;
            if (envelope_first_) return;
        }
        while (!retries_.empty() && in_flight_.size() < kSinglesInFlight && !job_.ending()) {
            send(imap::Command::fetch, {retries_.front()}, true);
            retries_.pop_front();
        }
    }

    void remove_some() {
        while (removed_ < removable_.size()) {
            const auto first = removable_.begin() + static_cast<std::ptrdiff_t>(removed_);
            const std::size_t count = std::min(client_.at_once(kRemovedAtOnce), removable_.size() - removed_);
            std::vector<std::uint32_t> uids(first, first + static_cast<std::ptrdiff_t>(count));
            std::sort(uids.begin(), uids.end());
            send(imap::Command::store, uids);
            if (expunge_works_) send(imap::Command::expunge, std::move(uids));
            removed_ += count;
        }
    }

    Result<void> transfer() {
        while (true) {
            remove_some();
            top_up();
            if (in_flight_.empty()) return {};
            if (job_.ending() && !job_.in_message() && octets_after_ending_ > kEndingOctets) {
                cut_ = true;
                return {};
            }
            auto step = client_.next();
            if (!step) return tl::unexpected(step.error());
            if (auto handled = handle(*step); !handled) return handled;
        }
    }

    Result<void> handle(imap::ClientStep& step) {
        if (auto* begin = std::get_if<imap::BodyBegin>(&step)) {
            job_.abandon();  // the body before belonged to nothing
            current_ = expected(begin->sequence_number);
            job_.begin(current_);
        } else if (auto* data = std::get_if<imap::BodyData>(&step)) {
            if (job_.ending()) octets_after_ending_ += data->octets.size();
            job_.append(data->octets);
        } else if (auto* fetched = std::get_if<imap::Fetched>(&step)) {
            return on_fetched(fetched->message);
        } else if (const auto* done = std::get_if<imap::CommandDone>(&step)) {
            return on_done(nullptr, done->limited_from);
        } else if (auto* refused = std::get_if<imap::Refused>(&step)) {
            return on_done(&refused->error, UINT32_MAX);
        } else {
            return unexpected_answer();
        }
        return {};
    }

    // What the body that begins belongs to, where that must be known: the message with this sequence number,
    // or, when an expunge has shifted the numbers, the first one awaited. Dovecot answers several FETCHes
    // before it tags the first one OK. on_fetched() makes sure.
    Message expected(std::uint32_t sequence_number) const {
        const Message* first = nullptr;
        for (const InFlight& command : in_flight_) {
            if (!envelope_first_ || !command.with_body || is_received(command.uids.front())) continue;
            const auto found = envelopes_.find(command.uids.front());
            if (found == envelopes_.end()) continue;
            if (found->second.sequence_number == sequence_number) return found->second.message;
            if (first == nullptr) first = &found->second.message;
        }
        return first == nullptr ? Message{} : *first;
    }

    std::optional<std::size_t> index_of(std::uint32_t uid) const {
        const auto found = std::lower_bound(plan_.fetch.begin(), plan_.fetch.end(), uid);
        if (found == plan_.fetch.end() || *found != uid) return std::nullopt;
        return static_cast<std::size_t>(found - plan_.fetch.begin());
    }
    bool is_received(std::uint32_t uid) const {
        const auto index = index_of(uid);
        return index && received_[*index];
    }

    Message message_of(std::uint32_t uid) const {
        Message message;
        message.key = std::to_string(uid);
        message.number = uid;
        if (!job_.to_stdout()) return message;
        message.ref = client_.ref_of(uid);
        message.uid_validity = client_.uid_validity();
        message.mailbox = job_.source().mailbox;
        return message;
    }

    Message describe(const imap::FetchedMessage& fetched) const {
        email::Context context = client_.context_of(fetched);
        Message message = message_of(fetched.uid);
        message.keywords = std::move(*context.keywords);
        message.received_at = context.received_at;
        message.size = fetched.size;
        return message;
    }

    Result<void> on_fetched(const imap::FetchedMessage& fetched) {
        if (!fetched.has_body) {
            job_.abandon();
            if (envelope_first_ && !is_received(fetched.uid) &&
                envelopes_.emplace(fetched.uid, Envelope{fetched.sequence_number, describe(fetched)}).second) {
                singles_.push_back(fetched.uid);
            }
            return {};
        }
        // isync CVE-2021-3578: a server that answers twice, or with what was not asked for.
        const auto index = index_of(fetched.uid);
        if (!job_.in_message() || !index || received_[*index]) {
            job_.abandon();
            return {};
        }
        received_[*index] = true;
        if (envelope_first_ && current_.number != fetched.uid) {
            return fail(Errc::protocol, "the server sent UID " + std::to_string(fetched.uid) + " instead of " +
                                            std::to_string(current_.number));
        }
        job_.end(describe(fetched));
        envelopes_.erase(fetched.uid);
        job_.take([this](const Delivered& delivered) { may_go(delivered); });
        return {};
    }

    // The first command in flight is answered: `refused`, or done for the messages from `done_from` on.
    Result<void> on_done(const Error* refused, std::uint32_t done_from) {
        job_.abandon();
        if (in_flight_.empty()) return unexpected_answer();
        const InFlight command = std::move(in_flight_.front());
        in_flight_.pop_front();
        switch (command.command) {
            case imap::Command::fetch:
                on_fetch_done(command, refused, done_from);
                break;
            case imap::Command::expunge:
                if (refused != nullptr && refused->kind == Errc::unsupported) {
                    if (expunge_works_)
                        job_.note("the server has no UIDPLUS: the messages stay marked as deleted");
                    expunge_works_ = false;
                } else if (refused != nullptr) {
                    job_.report(*refused);
                } else {
                    deleted_.insert(deleted_.end(), first_from(command.uids, done_from), command.uids.end());
                }
                break;
            default:
                if (refused != nullptr) job_.report(*refused);
                on_store_done(command, done_from);
        }
        return {};
    }

    static std::vector<std::uint32_t>::const_iterator first_from(const std::vector<std::uint32_t>& uids,
                                                                 std::uint32_t uid) {
        return std::lower_bound(uids.begin(), uids.end(), uid);
    }

    // The UID EXPUNGE behind it is answered OK also for messages that are not marked, and leaves them.
    void on_store_done(const InFlight& store, std::uint32_t done_from) {
        if (in_flight_.empty()) return;
        InFlight& expunge = in_flight_.front();
        if (expunge.command != imap::Command::expunge || expunge.uids != store.uids) return;
        expunge.uids.erase(expunge.uids.begin(), first_from(expunge.uids, done_from));
    }

    // One bad message never keeps the others back: what did not come is asked for one by one.
    void on_fetch_done(const InFlight& command, const Error* refused, std::uint32_t done_from) {
        if (refused != nullptr && command.uids.size() == 1) {
            const std::uint32_t uid = command.uids.front();
            return job_.fail_message(std::to_string(uid), uid, *refused);
        }
        // Of what the command was done for, what did not come was expunged meanwhile.
        for (const auto uid : command.uids) {
            if (uid >= done_from) return;
            if (is_received(uid) || envelopes_.contains(uid)) continue;
            if (command.uids.size() > 1) {
                retry(uid);
            } else {
                job_.fail_message(
                    std::to_string(uid), uid,
                    Error{Errc::protocol, "FETCH was done for other messages only", std::nullopt});
            }
        }
    }

    void retry(std::uint32_t uid) {
        if (!envelope_first_) return retries_.push_back(uid);
        envelopes_.emplace(uid, Envelope{0, message_of(uid)});
        singles_.push_back(uid);
    }

    Result<void> record_deleted() {
        for (std::size_t at = 0; at < deleted_.size(); at += kRemovedAtOnce) {
            std::vector<std::string> numbers;
            for (std::size_t i = at; i < std::min(at + kRemovedAtOnce, deleted_.size()); ++i)
                numbers.push_back(std::to_string(deleted_[i]));
            const FetchState::Keys keys(numbers.begin(), numbers.end());
            if (auto recorded = job_.state().record_deleted(keys); !recorded) return recorded;
        }
        job_.count_deleted(deleted_.size());
        return {};
    }

    Result<void> finish() {
        if (!cut_) {
            if (auto removed = transfer(); !removed) return removed;
        }
        // Here it is certain that the thread of the delivery does not use the state.
        if (auto recorded = record_deleted(); !recorded) return recorded;
        const bool knows_all = plan_.knows_all(client_.selected().exists);
        if (!job_.refs() && !job_.failed() && plan_.listed_all && knows_all) {
            const auto is_listed = [this](std::string_view key) {
                const auto uid = ascii::parse_number(key);
                return uid && std::binary_search(plan_.listed.begin(), plan_.listed.end(), *uid);
            };
            if (auto forgotten = job_.state().forget_unlisted(plan_.listed.size(), is_listed); !forgotten)
                return forgotten;
        }
        if (client_.selected().resynced && !job_.dry_run()) {
            if (auto forgotten = job_.state().forget_vanished(client_.selected().vanished); !forgotten)
                return forgotten;
        }
        if (auto recorded = record_complete(); !recorded) return recorded;
        return job_.state().sync();
    }

    // Below UIDNEXT, as it was when the mailbox was selected, there is nothing left for the next run. A server whose
    // UIDNEXT is not above all UIDs is not believed.
    Result<void> record_complete() {
        const std::uint32_t uid_next = client_.selected().uid_next;
        const auto is_below = [uid_next](const auto& uids) { return uids.empty() || uids.back() < uid_next; };
        if (uid_next == 0 || !is_below(plan_.listed) || !is_below(plan_.looked_at) || job_.refs() ||
            job_.ending() || !plan_.knows_all(client_.selected().exists))
            return {};
        const std::vector<std::uint32_t>& meant =
            job_.selection().all_messages() ? plan_.listed : plan_.looked_at;
        const bool all_done = std::all_of(meant.begin(), meant.end(), [this](std::uint32_t uid) {
            return job_.state().is_done(std::to_string(uid));
        });
        if (!all_done) return {};
        const auto settled = settle();
        if (job_.selection().all_messages()) return job_.state().record_complete(uid_next, settled);
        return settled ? job_.state().record_complete(job_.state().complete_below(), settled) : Result<void>{};
    }

    // nullopt: the rules may have more to do, though nothing changes.
    std::optional<Settled> settle() const {
        const imap::Selected& selected = client_.selected();
        const Judgement& judged = plan_.judged;
        std::string rules = settled_rules(job_.retention(), job_.selection());
        const bool all_gone = removed_ == removable_.size() && deleted_.size() == removable_.size();
        if (rules.empty() || !judged.by_rules || !judged.maildirs || !all_gone || cut_) return std::nullopt;
        // What was delivered now may lie where nothing lay before.
        if (job_.retention().remove_removed && !plan_.fetch.empty()) return std::nullopt;
        Settled settled{std::move(rules),        selected.uid_next, selected.exists,
                        selected.highest_modseq, judged.until,      *judged.maildirs};
        settled.exists -= std::min<std::uint32_t>(settled.exists, static_cast<std::uint32_t>(deleted_.size()));
        if (job_.retention().remove_after && !plan_.fetch.empty()) {
            const std::int64_t of_age = began_ + *job_.retention().remove_after;
            if (settled.until == 0 || of_age < settled.until) settled.until = of_age;
        }
        return settled;
    }

    FetchJob& job_;
    ImapClient& client_;
    imap::FetchBody body_;
    bool envelope_first_;
    ImapPlan plan_;
    std::vector<bool> received_;  // each of plan_.fetch
    std::size_t next_ = 0;        // of plan_.fetch: not asked for yet
    std::deque<std::uint32_t> retries_;
    std::deque<std::uint32_t> singles_;  // envelope known, body to be asked for
    std::unordered_map<std::uint32_t, Envelope> envelopes_;
    std::deque<InFlight> in_flight_;
    Message current_;
    std::vector<std::uint32_t> removable_;  // safe
    std::size_t removed_ = 0;               // of removable_: asked for
    std::vector<std::uint32_t> deleted_;
    bool expunge_works_ = true;
    std::int64_t began_ = std::time(nullptr);
    std::uint64_t octets_after_ending_ = 0;
    bool cut_ = false;
};

}  // namespace

Result<void> fetch_imap(FetchJob& job, ImapClient& client) {
    return ImapFetch(job, client).run();
}

}  // namespace mailpipe::app
