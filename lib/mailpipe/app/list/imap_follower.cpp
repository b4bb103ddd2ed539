#include <algorithm>
#include <random>
#include <utility>

#include "mailpipe/app/fetch/backoff.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/follow.hpp"

namespace mailpipe::app {
namespace {

using std::chrono::steady_clock;

// RFC 2177: a server may end a connection that was idle for 30 minutes; NATs do so earlier.
constexpr std::chrono::minutes kIdleFor{9};
constexpr std::chrono::seconds kPollEach{15};  // where there is no IDLE

// Whether the same may go well later.
bool may_pass(const Error& error) {
    switch (error.kind) {
        case Errc::temporary:
        case Errc::unavailable:
        case Errc::no_host:
        case Errc::protocol:
        case Errc::io:
            return true;
        default:
            return false;
    }
}

class ImapFollower : public Follower {
 public:
    ImapFollower(Location location, std::shared_ptr<ImapClient> client, Listing& listing)
        : location_(std::move(location)), client_(std::move(client)), listing_(listing) {}

    Result<void> start() override {
        idles_ = client_->has_capability("IDLE") || client_->has_capability("IMAP4REV2");
        validity_ = client_->uid_validity();
        if (auto listed = list_new(); !listed) return listed;
        // What is there has been listed: from here on a connection may end.
        return settle(wait(), true);
    }

    // poll(2) passes over -1.
    int descriptor() const override { return client_ ? client_->descriptor() : -1; }
    Time due() const override { return client_ && client_->has_read_ahead() ? steady_clock::now() : due_; }

    // A connection that ends is made again; what has come meanwhile is listed then.
    Result<void> look() override {
        const bool was_connected = client_ != nullptr;
        auto looked = settle(was_connected ? look_once() : connect_again(), was_connected);
        if (looked && client_) failures_ = 0;
        return looked;
    }

 private:
    // After an error that may pass there is no connection until due_.
    Result<void> settle(Result<void> done, bool tells) {
        if (done || !may_pass(done.error()) || (client_ && client_->is_usable())) return done;
        if (tells) listing_.diagnostics.note(encode(location_), done.error().message);
        client_.reset();
        due_ = steady_clock::now() + backoff(++failures_, random_());
        return {};
    }

    Result<void> connect_again() {
        auto client = open_imap(location_, listing_.accounts, listing_.trace_or_null(), listing_.diagnostics);
        if (!client) return tl::unexpected(client.error());
        const auto before = validity_;
        client_ = std::move(*client);
        idling_ = false;
        listing_.diagnostics.note(encode(location_), "works again");
        if (client_->uid_validity() != before) {
            // Which messages have been listed nobody can say any more.
            listing_.diagnostics.note(encode(location_),
                                      "UIDVALIDITY has changed: only what arrives from now on is listed");
            if (auto begun = begin_anew(); !begun) return begun;
        }
        return start();
    }

    // RFC 3501 section 2.3.1.1: UIDNEXT may be left unsaid; the last message is named all the same.
    Result<void> begin_anew() {
        next_uid_ = std::max<std::uint32_t>(client_->selected().uid_next, 1);
        if (client_->selected().uid_next != 0) return {};
        const auto last = client_->search("UID *");
        if (!last) return tl::unexpected(last.error());
        if (last->empty()) return {};
        if (last->back() == UINT32_MAX) return fail(Errc::protocol, "the mailbox has no UIDs left");
        next_uid_ = last->back() + 1;
        return {};
    }

    Result<void> look_once() {
        bool grown = false;
        while (true) {
            const auto step = client_->next_available();
            if (!step) return tl::unexpected(step.error());
            if (!step->has_value()) break;
            if (const auto* refused = std::get_if<imap::Refused>(&**step))
                return tl::unexpected(refused->error);
            // Some servers end IDLE by themselves.
            if (std::holds_alternative<imap::CommandDone>(**step)) idling_ = false;
            grown = true;
        }
        if (!grown && steady_clock::now() < due_) return {};
        if (std::exchange(idling_, false)) {
            client_->session().idle_done();
        } else {
            client_->session().noop();
        }
        if (auto done = finish(); !done) return done;
        if (client_->session().arrivals() != seen_arrivals_) {
            if (auto listed = list_new(); !listed) return listed;
        }
        return wait();
    }

    Result<void> finish() {
        while (true) {
            const auto step = client_->next_accepted();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::CommandDone>(*step)) return {};
            if (!std::holds_alternative<imap::MailboxGrew>(*step)) return unexpected_answer();
        }
    }

    // Until nothing has come while it was asked: what a server has told once, IDLE does not tell again.
    Result<void> list_new() {
        do {
            seen_arrivals_ = client_->session().arrivals();
            std::string criteria = listing_.query ? email::encode_search(listing_.query) + " " : std::string();
            criteria += "UID " + std::to_string(next_uid_) + ":*";
            auto uids = client_->search(criteria);
            if (!uids) return tl::unexpected(uids.error());
            // "n:*" holds the last message also when its UID is below n.
            std::erase_if(*uids, [this](std::uint32_t uid) { return uid < next_uid_; });
            if (uids->empty()) continue;
            if (uids->back() == UINT32_MAX) return fail(Errc::protocol, "the mailbox has no UIDs left");
            next_uid_ = uids->back() + 1;
            if (auto listed = list_uids(client_, *uids, listing_); !listed) return listed;
        } while (client_->session().arrivals() != seen_arrivals_);
        return {};
    }

    Result<void> wait() {
        due_ = steady_clock::now() + kPollEach;
        if (!idles_) return {};
        client_->session().idle();
        idling_ = true;
        due_ = steady_clock::now() + kIdleFor;
        // Sends it, and takes what has been said already.
        const auto step = client_->next_available();
        if (!step) return tl::unexpected(step.error());
        if (step->has_value()) due_ = steady_clock::now();
        return {};
    }

    Location location_;
    std::shared_ptr<ImapClient> client_;  // nullptr: the connection is to be made again
    Listing& listing_;
    bool idles_ = false;
    std::optional<std::uint32_t> validity_;
    std::uint32_t failures_ = 0;  // in a row
    std::mt19937_64 random_{std::random_device{}()};
    bool idling_ = false;
    std::uint32_t next_uid_ = 1;
    std::uint64_t seen_arrivals_ = 0;
    Time due_;
};

}  // namespace

Result<std::unique_ptr<Follower>> open_imap_follower(const Location& location, Listing& listing) {
    auto client = open_imap(location, listing.accounts, listing.trace_or_null(), listing.diagnostics);
    if (!client) return tl::unexpected(client.error());
    return std::make_unique<ImapFollower>(location, std::move(*client), listing);
}

}  // namespace mailpipe::app
