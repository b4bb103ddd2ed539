#include <utility>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/pop3_plan.hpp"
#include "mailpipe/pop3/client_session.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kWindow = 64;
constexpr std::size_t kQueued = 2 * kWindow;  // what the session has not sent yet included

class Pop3Fetch {
 public:
    Pop3Fetch(FetchJob& job, Connection connection, pop3::ClientOptions options)
        : job_(job), connection_(std::move(connection)), session_(std::move(options)) {}

    Result<void> run() {
        auto ready = drive(session_, connection_);
        if (!ready) return tl::unexpected(ready.error());
        if (!std::holds_alternative<pop3::Ready>(*ready)) return unexpected_answer();
        if (connection_.tls_info) job_.set_tls(connection_.tls_info->version);
        auto maildrop = list();
        if (!maildrop) return tl::unexpected(maildrop.error());
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
    static Fail unexpected_answer() { return fail(Errc::protocol, "the server answers what was not asked"); }

    Result<Pop3Maildrop> list() {
        session_.list();
        session_.uidl();
        Pop3Maildrop maildrop;
        bool has_uidl = true;
        for (int answers = 0; answers < 2; ++answers) {
            auto step = drive(session_, connection_);
            if (!step) return tl::unexpected(step.error());
            if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
                if (refused->command != pop3::Command::uidl) return tl::unexpected(std::move(refused->error));
                has_uidl = false;
            } else if (auto* listing = std::get_if<pop3::Listing>(&*step)) {
                (listing->is_uidl ? maildrop.uidls : maildrop.sizes) = std::move(listing->entries);
            } else {
                return unexpected_answer();
            }
        }
        if (!has_uidl && !job_.remove()) {
            return fail(
                Errc::unsupported,
                "the server has no UIDL, so that messages left there cannot be told apart: use --delete");
        }
        return maildrop;
    }

    void tell_plan() {
        for (const Location& ref : plan_.missing) {
            job_.report(encode(ref), Error{Errc::not_found, "no such message", std::nullopt});
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
        session_.dele(message.number);
        removing_.emplace(message.number, message.key);
    }

    void top_up() {
        while (next_ < plan_.fetch.size() && session_.outstanding() < kQueued && !job_.ending()) {
            session_.retr(plan_.fetch[next_].number);
            octets_asked_ += plan_.fetch[next_].size.value_or(0);
            ++next_;
        }
    }

    Result<void> transfer() {
        while (true) {
            top_up();
            if (session_.outstanding() == 0) return {};
            if (job_.ending() && !job_.in_message() && octets_asked_ > octets_seen_ + kEndingOctets) {
                cut_ = true;
                return {};
            }
            auto step = drive(session_, connection_);
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
        if (cut_) {
            connection_.stream->close();
            return {};
        }
        session_.quit();
        auto step = drive(session_, connection_);
        if (!step) {
            if (!job_.remove()) return {};
            return tl::unexpected(step.error());
        }
        if (!std::holds_alternative<pop3::Closed>(*step)) return unexpected_answer();
        connection_.stream->close();
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
    Connection connection_;
    pop3::ClientSession session_;
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

Result<void> fetch_pop3(FetchJob& job, Connection connection, std::string user, Secret password, Trace* trace) {
    pop3::ClientOptions options;
    options.tls = connection.tls;
    options.user = std::move(user);
    options.password = std::move(password);
    options.allow_plaintext_auth = connection.allow_plaintext_auth;
    options.window = kWindow;
    options.trace = trace;
    return Pop3Fetch(job, std::move(connection), std::move(options)).run();
}

}  // namespace mailpipe::app
