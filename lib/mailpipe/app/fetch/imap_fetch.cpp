#include <algorithm>
#include <deque>
#include <utility>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 200;  // of one UID FETCH
constexpr std::size_t kFetchesInFlight = 2;
constexpr std::size_t kSinglesInFlight = 32;
constexpr std::size_t kRemovedAtOnce = 500;

// RFC 8621 section 4.1.1: system flags as "$name", all in lower case; \Recent is no keyword.
store::Keywords keywords_of(const std::vector<std::string>& flags) {
    store::Keywords keywords;
    for (const std::string& flag : flags) {
        if (flag.empty() || ascii::equals_ignore_case(flag, "\\Recent")) continue;
        std::string keyword = ascii::to_lower(flag);
        if (keyword[0] == '\\') keyword[0] = '$';
        keywords.push_back(std::move(keyword));
    }
    return keywords;
}

class ImapFetch {
 public:
    ImapFetch(FetchJob& job, Connection connection, imap::ClientOptions options, bool envelope_first)
        : job_(job),
          connection_(std::move(connection)),
          session_(std::move(options)),
          envelope_first_(envelope_first) {}

    Result<void> run() {
        if (auto opened = open(); !opened) return opened;
        if (auto planned = plan(); !planned) return planned;
        auto transferred = transfer();
        if (!transferred) job_.abandon();
        job_.flush([this](const Delivered& delivered) { removable_.push_back(delivered.message.number); });
        if (!transferred) return transferred;
        return finish();
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

    static Fail unexpected_answer() { return fail(Errc::protocol, "the server answers what was not asked"); }

    // The next event that is no alert.
    Result<imap::ClientStep> wait() {
        while (true) {
            auto step = drive(session_, connection_);
            if (!step) return step;
            const auto* alert = std::get_if<imap::Alert>(&*step);
            if (alert == nullptr) return step;
            job_.note("the server says: " + alert->text);
        }
    }
    Result<imap::ClientStep> wait_accepted() {
        auto step = wait();
        if (!step) return step;
        if (auto* refused = std::get_if<imap::Refused>(&*step))
            return tl::unexpected(std::move(refused->error));
        return step;
    }

    Result<void> open() {
        auto step = wait_accepted();
        if (!step) return tl::unexpected(step.error());
        if (!std::holds_alternative<imap::Ready>(*step)) return unexpected_answer();
        if (connection_.tls_info) job_.set_tls(connection_.tls_info->version);
        session_.select(job_.source().mailbox, !job_.remove());
        step = wait_accepted();
        if (!step) return tl::unexpected(step.error());
        const auto* selected = std::get_if<imap::Selected>(&*step);
        if (selected == nullptr) return unexpected_answer();
        if (selected->uid_validity == 0 || !selected->persistent_uids) {
            return fail(Errc::unsupported,
                        "the mailbox has no persistent UIDs, so that messages cannot be told apart");
        }
        validity_ = selected->uid_validity;
        if (job_.remove() && selected->read_only) {
            return fail(Errc::unsupported, "the mailbox is read-only: use --keep");
        }
        const auto before = job_.state().validity();
        if (before && *before != validity_) {
            job_.note("UIDVALIDITY has changed from " + std::to_string(*before) + " to " +
                      std::to_string(validity_) + ": everything in the mailbox counts as new");
        }
        return job_.state().set_validity(validity_);
    }

    Result<void> plan() {
        session_.uid_search("ALL");
        auto step = wait_accepted();
        if (!step) return tl::unexpected(step.error());
        const auto* result = std::get_if<imap::SearchResult>(&*step);
        if (result == nullptr) return unexpected_answer();
        const auto uids = job_.refs() ? named_by_refs(result->uids) : result->uids;
        for (const std::uint32_t uid : uids) {
            const std::string key = std::to_string(uid);
            if (!job_.refs()) listed_.insert(key);
            if (!job_.state().is_done(key)) {
                wanted_.push_back(uid);
            } else if (job_.remove()) {
                removable_.push_back(uid);
            }
        }
        job_.progress().begin(job_.where(), wanted_.size());
        return {};
    }

    std::vector<std::uint32_t> named_by_refs(const std::vector<std::uint32_t>& there) {
        std::vector<std::uint32_t> uids;
        for (const Location& ref : *job_.refs()) {
            const std::uint32_t uid = ref.uid.value_or(0);
            const bool other = ref.uid_validity && *ref.uid_validity != validity_;
            if (other || !std::binary_search(there.begin(), there.end(), uid)) {
                const std::string why = other ? ": the UIDVALIDITY of the mailbox has changed" : "";
                job_.report(encode(ref), Error{Errc::not_found, "no such message" + why, std::nullopt});
            } else {
                uids.push_back(uid);
            }
        }
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        return uids;
    }

    void send(imap::Command command, std::vector<std::uint32_t> uids, bool with_body = false) {
        const std::string set = uid_ranges(uids.begin(), uids.end());
        switch (command) {
            case imap::Command::fetch:
                session_.uid_fetch(set, with_body ? imap::FetchBody::whole : imap::FetchBody::none);
                break;
            case imap::Command::store:
                session_.uid_store_deleted(set);
                break;
            case imap::Command::expunge:
                session_.uid_expunge(set);
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
        while (next_ < wanted_.size() && in_flight_.size() < kFetchesInFlight && !job_.ending()) {
            const std::size_t count = std::min(kUidsAtOnce, wanted_.size() - next_);
            const auto first = wanted_.begin() + static_cast<std::ptrdiff_t>(next_);
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
        while (job_.remove() && removed_ < removable_.size()) {
            const auto first = removable_.begin() + static_cast<std::ptrdiff_t>(removed_);
            const std::size_t count = std::min(kRemovedAtOnce, removable_.size() - removed_);
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
            auto step = wait();
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
        } else if (std::holds_alternative<imap::CommandDone>(step)) {
            return on_done(nullptr);
        } else if (auto* refused = std::get_if<imap::Refused>(&step)) {
            return on_done(&refused->error);
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
            if (!envelope_first_ || !command.with_body || received_.contains(command.uids.front())) continue;
            const auto found = envelopes_.find(command.uids.front());
            if (found == envelopes_.end()) continue;
            if (found->second.sequence_number == sequence_number) return found->second.message;
            if (first == nullptr) first = &found->second.message;
        }
        return first == nullptr ? Message{} : *first;
    }

    Message describe(const imap::FetchedMessage& fetched) const {
        Message message;
        message.key = std::to_string(fetched.uid);
        message.number = fetched.uid;
        Location ref = job_.source();
        ref.uid_validity = validity_;
        ref.uid = fetched.uid;
        message.ref = encode(ref);
        message.keywords = keywords_of(fetched.flags);
        if (const auto date = mime::parse_date(fetched.internal_date)) {
            message.received_at = static_cast<std::time_t>(mime::epoch_seconds(*date));
        }
        message.size = fetched.size;
        message.uid_validity = validity_;
        message.mailbox = job_.source().mailbox;
        return message;
    }

    Result<void> on_fetched(const imap::FetchedMessage& fetched) {
        if (!fetched.has_body) {
            job_.abandon();
            if (envelope_first_ && !received_.contains(fetched.uid) &&
                envelopes_.emplace(fetched.uid, Envelope{fetched.sequence_number, describe(fetched)}).second) {
                singles_.push_back(fetched.uid);
            }
            return {};
        }
        // isync CVE-2021-3578: a server that answers twice, or with what was not asked for.
        if (!job_.in_message() || !received_.insert(fetched.uid).second) {
            job_.abandon();
            return {};
        }
        if (envelope_first_ && current_.number != fetched.uid) {
            return fail(Errc::protocol, "the server sent UID " + std::to_string(fetched.uid) + " instead of " +
                                            std::to_string(current_.number));
        }
        job_.end(describe(fetched));
        envelopes_.erase(fetched.uid);
        job_.take([this](const Delivered& delivered) { removable_.push_back(delivered.message.number); });
        return {};
    }

    // The first command in flight is answered: `refused`, or done.
    Result<void> on_done(const Error* refused) {
        job_.abandon();
        if (in_flight_.empty()) return unexpected_answer();
        const InFlight command = std::move(in_flight_.front());
        in_flight_.pop_front();
        switch (command.command) {
            case imap::Command::fetch:
                on_fetch_done(command, refused);
                break;
            case imap::Command::expunge:
                if (refused != nullptr && refused->kind == Errc::unsupported) {
                    if (expunge_works_)
                        job_.note("the server has no UIDPLUS: the messages stay marked as deleted");
                    expunge_works_ = false;
                } else if (refused != nullptr) {
                    job_.report(*refused);
                } else {
                    for (const auto uid : command.uids)
                        deleted_.push_back(std::to_string(uid));
                }
                break;
            default:
                if (refused != nullptr) job_.report(*refused);
        }
        return {};
    }

    // One bad message never keeps the others back: what did not come is asked for one by one.
    void on_fetch_done(const InFlight& command, const Error* refused) {
        if (refused != nullptr && command.uids.size() == 1) {
            Error error = *refused;
            error.message = "message with UID " + std::to_string(command.uids.front()) + ": " + error.message;
            job_.report(error);
            return;
        }
        // Without a refusal, what did not come was expunged meanwhile.
        if (refused == nullptr) return;
        for (const auto uid : command.uids) {
            if (!received_.contains(uid) && !envelopes_.contains(uid)) retry(uid);
        }
    }

    void retry(std::uint32_t uid) {
        if (!envelope_first_) return retries_.push_back(uid);
        Message message;
        message.key = std::to_string(uid);
        message.number = uid;
        Location ref = job_.source();
        ref.uid_validity = validity_;
        ref.uid = uid;
        message.ref = encode(ref);
        message.uid_validity = validity_;
        message.mailbox = job_.source().mailbox;
        envelopes_.emplace(uid, Envelope{0, std::move(message)});
        singles_.push_back(uid);
    }

    Result<void> finish() {
        if (!cut_) {
            if (auto removed = transfer(); !removed) return removed;
        }
        // Here it is certain that the thread of the delivery does not use the state.
        if (!deleted_.empty()) {
            if (auto recorded = job_.state().record_deleted(deleted_); !recorded) return recorded;
        }
        if (!job_.refs() && !job_.failed()) {
            if (auto forgotten = job_.state().forget_unlisted(listed_); !forgotten) return forgotten;
        }
        if (auto synced = job_.state().sync(); !synced) return synced;
        if (!cut_) {
            // All is done; a server that does not say good-bye changes nothing.
            session_.logout();
            [[maybe_unused]] const auto ignored = drive(session_, connection_);
        }
        connection_.stream->close();
        return {};
    }

    FetchJob& job_;
    Connection connection_;
    imap::ClientSession session_;
    bool envelope_first_;
    std::uint32_t validity_ = 0;
    std::unordered_set<std::string> listed_;  // keys
    std::vector<std::uint32_t> wanted_;
    std::size_t next_ = 0;  // of wanted_: not asked for yet
    std::deque<std::uint32_t> retries_;
    std::deque<std::uint32_t> singles_;  // envelope known, body to be asked for
    std::unordered_map<std::uint32_t, Envelope> envelopes_;
    std::deque<InFlight> in_flight_;
    Message current_;
    std::unordered_set<std::uint32_t> received_;
    std::vector<std::uint32_t> removable_;  // safe
    std::size_t removed_ = 0;               // of removable_: asked for
    std::vector<std::string> deleted_;      // keys
    bool expunge_works_ = true;
    std::uint64_t octets_after_ending_ = 0;
    bool cut_ = false;
};

}  // namespace

Result<void> fetch_imap(FetchJob& job, Connection connection, std::string user, Secret password, Trace* trace) {
    imap::ClientOptions options;
    options.tls = connection.tls;
    options.user = std::move(user);
    options.password = std::move(password);
    options.allow_plaintext_auth = connection.allow_plaintext_auth;
    options.trace = trace;
    return ImapFetch(job, std::move(connection), std::move(options), job.to_stdout()).run();
}

}  // namespace mailpipe::app
