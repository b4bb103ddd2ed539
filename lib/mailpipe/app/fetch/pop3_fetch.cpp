#include <algorithm>
#include <deque>
#include <utility>

#include "mailpipe/app/fetch/pop3_plan.hpp"
#include "mailpipe/app/fetch/pop3_recognition.hpp"
#include "mailpipe/app/fetch/protocols.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kQueued = 128;  // what the session has not sent yet included

class Pop3Fetch {
 public:
    Pop3Fetch(FetchJob& job, Pop3Client& client) : job_(job), client_(client) {}

    Result<void> run() {
        if (client_.tls_info()) job_.set_tls(client_.tls_info()->version);
        auto maildrop = client_.list();
        if (!maildrop) return tl::unexpected(maildrop.error());
        if (!maildrop->has_uidl && !job_.retention().all()) {
            return fail(
                Errc::unsupported,
                "the server has no UIDL, so that messages left there cannot be told apart: use --delete");
        }
        if (job_.settings().headers_only && !client_.has_top())
            return fail(Errc::unsupported, "the server does not offer TOP, which --headers-only needs");
        if (auto recognised = recognise_pop3(*maildrop, job_, client_); !recognised) return recognised;
        plan_ = plan_pop3(std::move(*maildrop), job_);
        if (auto checked = recheck_removals(plan_, job_, client_); !checked) return checked;
        tell_plan();
        if (job_.dry_run()) return {};
        for (const Pop3Plan::Entry& entry : plan_.remove)
            dele(entry.number, entry.key);
        auto transferred = transfer();
        // Whatever ended the session: what was received is made safe.
        job_.flush([this](const Delivered& delivered) { may_go(delivered); });
        if (!transferred) return transferred;
        auto finished = finish();
        // What a destination that takes no more has led to was said with it.
        return job_.failed() ? Result<void>{} : finished;
    }

 private:
    struct Removing {
        std::uint32_t number = 0;
        KeyTable::Id key = KeyTable::kNone;
    };

    void tell_plan() {
        for (const Location& ref : plan_.missing) {
            job_.report(encode(ref), no_such_message());
        }
        if (!plan_.unidentifiable.empty()) {
            const Error error{Errc::unsupported,
                              std::to_string(plan_.unidentifiable.size()) +
                                  " messages without a usable UIDL are not fetched (the first is number " +
                                  std::to_string(plan_.unidentifiable.front()) + "): use --delete",
                              std::nullopt};
            job_.report(error);
        }
        if (plan_.ambiguous > 0) {
            job_.note(std::to_string(plan_.ambiguous) +
                      " fetched messages share their UIDL with others and stay on the server");
        }
        if (job_.dry_run()) return tell_dry_run();
        job_.begin_transfer(plan_.fetch.size());
    }

    void tell_dry_run() {
        for (const Pop3Plan::Entry& entry : plan_.fetch) {
            const std::string ref = job_.ref_of(plan_.message(entry).key);
            job_.plan({false, ref, entry.number, entry.size});
            if (entry.goes) job_.plan({true, ref, entry.number, entry.size});
        }
        for (const Pop3Plan::Entry& entry : plan_.remove)
            job_.plan({true, job_.ref_of(plan_.message(entry).key), entry.number, entry.size});
    }

    void may_go(const Delivered& delivered) {
        const auto entry = std::lower_bound(
            plan_.fetch.begin(), plan_.fetch.end(), delivered.number,
            [](const Pop3Plan::Entry& one, std::uint32_t number) { return one.number < number; });
        if (entry == plan_.fetch.end() || entry->number != delivered.number || !entry->goes) return;
        dele(entry->number, entry->key);
    }

    void dele(std::uint32_t number, KeyTable::Id key) {
        client_.session().dele(number);
        removing_.push_back({number, key});
    }

    // The key of the message whose DELE is answered; they are answered in order.
    KeyTable::Id removed(std::uint32_t number) {
        if (removing_.empty() || removing_.front().number != number) return KeyTable::kNone;
        const KeyTable::Id key = removing_.front().key;
        removing_.pop_front();
        return key;
    }

    Message next_message() const {
        Message message = plan_.message(plan_.fetch[answered_]);
        if (job_.to_stdout()) message.ref = job_.ref_of(message.key);
        return message;
    }

    void top_up() {
        while (next_ < plan_.fetch.size() && client_.session().outstanding() < kQueued && !job_.ending()) {
            if (job_.settings().headers_only) {
                client_.session().top(plan_.fetch[next_].number, 0);
            } else {
                client_.session().retr(plan_.fetch[next_].number);
            }
            octets_asked_ += plan_.fetch[next_].size;
            ++next_;
        }
    }

    Result<void> transfer() {
        while (true) {
            top_up();
            if (client_.session().outstanding() == 0) return {};
            if (job_.ending() && !job_.in_message() && octets_asked_ > octets_seen_ + kEndingOctets) {
                cut_ = true;
                return {};
            }
            auto step = client_.next();
            if (!step) {
                job_.abandon();
                return tl::unexpected(step.error());
            }
            if (auto handled = handle(*step); !handled) return handled;
        }
    }

    Result<void> handle(pop3::ClientStep& step) {
        if (auto* begin = std::get_if<pop3::MessageBegin>(&step)) {
            if (!is_next(begin->number)) return unexpected_answer();
            job_.begin(next_message());
        } else if (auto* data = std::get_if<pop3::MessageData>(&step)) {
            job_.append(data->octets);
        } else if (std::holds_alternative<pop3::MessageEnd>(step)) {
            job_.end(next_message());
            octets_seen_ += plan_.fetch[answered_++].size;
            job_.take([this](const Delivered& delivered) { may_go(delivered); });
        } else if (auto* deleted = std::get_if<pop3::Deleted>(&step)) {
            if (const auto key = removed(deleted->number); key != KeyTable::kNone) deleted_.push_back(key);
        } else if (auto* refused = std::get_if<pop3::Refused>(&step)) {
            on_refused(*refused);
        } else {
            return unexpected_answer();
        }
        return {};
    }

    // One bad message never keeps the others back.
    void on_refused(const pop3::Refused& refused) {
        const bool awaited = refused.command != pop3::Command::dele && is_next(refused.number);
        const std::string key = awaited ? plan_.message(plan_.fetch[answered_]).key : std::string();
        if (refused.command == pop3::Command::dele) removed(refused.number);
        if (awaited) octets_seen_ += plan_.fetch[answered_++].size;
        job_.fail_message(key, refused.number, refused.error);
    }

    bool is_next(std::uint32_t number) const {
        return answered_ < next_ && plan_.fetch[answered_].number == number;
    }

    // Deletions happen at QUIT only. Without its +OK they count as not done and are asked for again by the next
    // run.
    Result<void> finish() {
        if (!cut_) {
            if (auto removed = transfer(); !removed) return removed;
        }
        if (cut_) return {};
        client_.session().quit();
        auto step = client_.next();
        if (!step) {
            if (deleted_.empty()) return {};
            return tl::unexpected(step.error());
        }
        if (!std::holds_alternative<pop3::Closed>(*step)) return unexpected_answer();
        return record();
    }

    Result<void> record() {
        FetchState::Keys deleted;
        for (const KeyTable::Id key : deleted_)
            deleted.push_back(plan_.listed.key(key));
        if (!deleted.empty()) {
            if (auto recorded = job_.state().record_deleted(deleted); !recorded) return recorded;
            job_.count_deleted(deleted.size());
        }
        if (!job_.refs() && !job_.failed()) {
            const auto is_listed = [this](std::string_view key) { return plan_.listed.contains(key); };
            if (auto forgotten = job_.state().forget_unlisted(plan_.listed.size(), is_listed); !forgotten)
                return forgotten;
        }
        return job_.state().sync();
    }

    FetchJob& job_;
    Pop3Client& client_;
    Pop3Plan plan_;
    std::size_t next_ = 0;      // of plan_.fetch: not asked for yet
    std::size_t answered_ = 0;  // of plan_.fetch: answered so far
    std::uint64_t octets_asked_ = 0;
    std::uint64_t octets_seen_ = 0;
    std::deque<Removing> removing_;  // asked for and not answered
    std::vector<KeyTable::Id> deleted_;
    bool cut_ = false;
};

}  // namespace

Result<void> fetch_pop3(FetchJob& job, Pop3Client& client) {
    return Pop3Fetch(job, client).run();
}

}  // namespace mailpipe::app
