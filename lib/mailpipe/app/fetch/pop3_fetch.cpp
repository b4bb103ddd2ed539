#include <deque>
#include <utility>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/pop3_plan.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kQueued = 128;  // what the session has not sent yet included

class Pop3Fetch {
 public:
    Pop3Fetch(FetchJob& job, Connection connection, Login login, Trace* trace)
        : job_(job), client_(job.source(), std::move(connection), std::move(login), trace) {}

    Result<void> run() {
        if (auto logged_in = client_.log_in(); !logged_in) return logged_in;
        if (client_.tls_info()) job_.set_tls(client_.tls_info()->version);
        auto maildrop = client_.list();
        if (!maildrop) return tl::unexpected(maildrop.error());
        if (!maildrop->has_uidl && !job_.remove()) {
            return fail(
                Errc::unsupported,
                "the server has no UIDL, so that messages left there cannot be told apart: use --delete");
        }
        plan_ = plan_pop3(std::move(*maildrop), job_.refs(), job_.remove(), job_.state());
        tell_plan();
        for (const Pop3Plan::Entry& entry : plan_.remove)
            dele(entry.number, entry.key);
        auto transferred = transfer();
        // Whatever ended the session: what was received is made safe.
        job_.flush([this](const Delivered& delivered) { dele(delivered); });
        if (!transferred) return transferred;
        return finish();
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
        job_.progress().begin(job_.where(), plan_.fetch.size());
    }

    void dele(const Delivered& delivered) {
        dele(delivered.number, plan_.listed.find(delivered.key).value_or(KeyTable::kNone));
    }
    void dele(std::uint32_t number, KeyTable::Id key) {
        if (!job_.remove()) return;
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
            client_.session().retr(plan_.fetch[next_].number);
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
            job_.take([this](const Delivered& delivered) { dele(delivered); });
        } else if (auto* deleted = std::get_if<pop3::Deleted>(&step)) {
            if (const auto key = removed(deleted->number); key != KeyTable::kNone) deleted_.push_back(key);
        } else if (auto* refused = std::get_if<pop3::Refused>(&step)) {
            // One bad message never keeps the others back.
            refused->error.message =
                "message " + std::to_string(refused->number) + ": " + refused->error.message;
            job_.report(refused->error);
            if (refused->command == pop3::Command::dele) removed(refused->number);
            if (refused->command == pop3::Command::retr && is_next(refused->number)) {
                octets_seen_ += plan_.fetch[answered_++].size;
            }
        } else {
            return unexpected_answer();
        }
        return {};
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
            if (!job_.remove()) return {};
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
        }
        if (!job_.refs() && !job_.failed()) {
            const auto is_listed = [this](std::string_view key) { return plan_.listed.contains(key); };
            if (auto forgotten = job_.state().forget_unlisted(plan_.listed.size(), is_listed); !forgotten)
                return forgotten;
        }
        return job_.state().sync();
    }

    FetchJob& job_;
    Pop3Client client_;
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

Result<void> fetch_pop3(FetchJob& job, Connection connection, Login login, Trace* trace) {
    return Pop3Fetch(job, std::move(connection), std::move(login), trace).run();
}

}  // namespace mailpipe::app
