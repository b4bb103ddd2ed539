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
        plan_ = plan_pop3(*maildrop, job_.source(), job_.refs(), job_.remove(), job_.state());
        tell_plan();
        for (const Message& message : plan_.remove)
            dele(message);
        auto transferred = transfer();
        // Whatever ended the session: what was received is made safe.
        job_.flush([this](const Delivered& delivered) { dele(delivered.message); });
        if (!transferred) return transferred;
        return finish();
    }

 private:
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

    void dele(const Message& message) {
        if (!job_.remove()) return;
        client_.session().dele(message.number);
        removing_.emplace(message.number, message.key);
    }

    void top_up() {
        while (next_ < plan_.fetch.size() && client_.session().outstanding() < kQueued && !job_.ending()) {
            client_.session().retr(plan_.fetch[next_].number);
            octets_asked_ += plan_.fetch[next_].size.value_or(0);
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
            job_.begin(plan_.fetch[answered_]);
        } else if (auto* data = std::get_if<pop3::MessageData>(&step)) {
            job_.append(data->octets);
        } else if (std::holds_alternative<pop3::MessageEnd>(step)) {
            const Message& message = plan_.fetch[answered_++];
            octets_seen_ += message.size.value_or(0);
            job_.end(message);
            job_.take([this](const Delivered& delivered) { dele(delivered.message); });
        } else if (auto* deleted = std::get_if<pop3::Deleted>(&step)) {
            deleted_.push_back(removing_[deleted->number]);
        } else if (auto* refused = std::get_if<pop3::Refused>(&step)) {
            // One bad message never keeps the others back.
            refused->error.message =
                "message " + std::to_string(refused->number) + ": " + refused->error.message;
            job_.report(refused->error);
            if (refused->command == pop3::Command::retr && is_next(refused->number)) {
                octets_seen_ += plan_.fetch[answered_++].size.value_or(0);
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
        std::erase(deleted_, std::string());
        if (!deleted_.empty()) {
            if (auto recorded = job_.state().record_deleted(deleted_); !recorded) return recorded;
        }
        if (!job_.refs() && !job_.failed()) {
            if (auto forgotten = job_.state().forget_unlisted(plan_.listed); !forgotten) return forgotten;
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
    std::unordered_map<std::uint32_t, std::string> removing_;  // key by number
    std::vector<std::string> deleted_;                         // keys
    bool cut_ = false;
};

}  // namespace

Result<void> fetch_pop3(FetchJob& job, Connection connection, Login login, Trace* trace) {
    return Pop3Fetch(job, std::move(connection), std::move(login), trace).run();
}

}  // namespace mailpipe::app
