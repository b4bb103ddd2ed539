#include "mailpipe/app/queue/runner.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "mailpipe/email/delivery_report.hpp"
#include "mailpipe/mime/part_tree.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

constexpr std::uint32_t kStart = 1'795'687'200;
constexpr std::uint32_t kHour = 3600;
constexpr std::uint32_t kDay = 24 * kHour;
constexpr const char* kSender = "sender.example";

// Time passes only while nothing is being sent.
class SimulatedNews : public RunnerNews {
 public:
    explicit SimulatedNews(std::uint32_t end) : end_(end) {}
    std::uint32_t now() override { return now_; }
    bool is_over() const { return now_ >= end_; }
    // What comes at its time.
    void bring(std::uint32_t when, std::function<queue::Entry()> make) {
        coming_.emplace(when, std::move(make));
    }

    Result<News> wait(const Wait& wait) override {
        pollfd watched{wait.finished, POLLIN, 0};
        if (wait.busy) {
            EXPECT_EQ(::poll(&watched, 1, 30'000), 1) << "an attempt hangs";
            return News{};
        }
        std::uint32_t next = wait.until.value_or(end_);
        if (!coming_.empty()) next = std::min(next, coming_.begin()->first);
        now_ = std::max<std::uint32_t>(now_, std::min(next, end_));
        News news;
        while (!coming_.empty() && coming_.begin()->first <= now_) {
            news.entries.push_back(coming_.begin()->second());
            coming_.erase(coming_.begin());
        }
        return news;
    }

 private:
    std::atomic<std::uint32_t> now_ = kStart;
    std::uint32_t end_;
    std::multimap<std::uint32_t, std::function<queue::Entry()>> coming_;
};

struct Seen {
    std::vector<std::uint32_t> tries;
    std::size_t delivered = 0;
    std::size_t failure_reports = 0;
    std::size_t delay_reports = 0;
};

// The rest of the world: what each domain does to mail, and what has come of each recipient.
class World {
 public:
    explicit World(RunnerNews& news) : news_(news) {}
    RunnerNews& news() { return news_; }

    // "d7.example" does what its number says.
    static std::size_t behaviour(const std::string& domain) {
        return static_cast<std::size_t>(std::atoi(domain.c_str() + 1)) % 10;
    }

    Result<smtp::Finished> take(const std::string& domain, const smtp::Envelope& envelope,
                                const std::string& text, bool& is_down) {
        const std::lock_guard lock(mutex_);
        if (domain == kSender) return take_report(envelope, text);
        const std::uint32_t now = news_.now();
        is_down = true;
        switch (behaviour(domain)) {
            case 1:
                return fail(Errc::temporary, "connection refused");
            case 2:
                if (now < kStart + 30 * kHour) return fail(Errc::temporary, "timed out");
                break;
            case 3:
                return fail(Errc::no_host, domain + ": no such host");
            default:
                break;
        }
        is_down = false;
        smtp::Finished finished;
        if (behaviour(domain) == 4 && ++broken_ % 3 == 0) return fail(Errc::protocol, "connection lost");
        for (const smtp::Mailbox& recipient : envelope.recipients) {
            Seen& one = seen[recipient.encode()];
            one.tries.push_back(now);
            smtp::Reply reply = reply_to(recipient, one);
            const bool accepted = reply.code < 300;
            one.delivered += accepted ? 1 : 0;
            finished.recipients.push_back({recipient, std::move(reply), accepted});
        }
        return finished;
    }

    std::map<std::string, Seen> seen;  // by recipient

 private:
    smtp::Reply reply_to(const smtp::Mailbox& recipient, const Seen& one) {
        switch (behaviour(recipient.domain)) {
            case 5:
                return {550, "5.1.1", {"no such user"}};
            case 6:  // greylisting
                if (news_.now() < one.tries.front() + 600) return {450, "4.7.1", {"come again later"}};
                break;
            case 7:
                if (one.tries.size() < 9) return {452, "4.2.2", {"mailbox full"}};
                break;
            case 8:  // some of its users are there
                if (recipient.local_part.back() % 2 == 0) return {551, "5.1.6", {"moved"}};
                break;
            case 9:
                return {451, "4.3.0", {"never"}};
            default:
                break;
        }
        return {250, "2.0.0", {"ok"}};
    }

    Result<smtp::Finished> take_report(const smtp::Envelope& envelope, const std::string& text) {
        const mime::PartTree tree = mime::parse_parts(text);
        const auto report =
            email::parse_delivery_report(mime::decode_body(tree, tree.parts[tree.parts[0].children.at(1)]));
        for (const auto& recipient : report.recipients) {
            Seen& one = seen[recipient.final_recipient];
            (recipient.action == email::DeliveryAction::failed ? one.failure_reports : one.delay_reports) += 1;
        }
        EXPECT_TRUE(envelope.reverse_path.is_null());
        smtp::Finished finished;
        finished.recipients.push_back({envelope.recipients[0], {250, "2.0.0", {"ok"}}, true});
        return finished;
    }

    RunnerNews& news_;
    std::mutex mutex_;
    std::size_t broken_ = 0;
};

class WorldTransport : public Transport {
 public:
    WorldTransport(World& world, std::string domain) : world_(world), domain_(std::move(domain)) {}
    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text) override {
        std::string whole;
        text.rewind();
        while (true) {
            const auto piece = text.read();
            if (!piece || piece->empty()) break;
            whole += *piece;
        }
        return world_.take(domain_, envelope, whole, is_down_);
    }
    bool given_up() const override { return is_down_; }
    void quit() override {}
    std::string server() const override { return "mx." + domain_; }
    std::string tls_version() const override { return ""; }

 private:
    World& world_;
    std::string domain_;
    bool is_down_ = false;
};

class WorldTransports : public Transports {
 public:
    explicit WorldTransports(World& world) : world_(world) {}
    std::string destination(const smtp::Mailbox& recipient) const override { return recipient.domain; }
    Result<std::unique_ptr<Transport>> open(const std::string& destination) const override {
        return std::make_unique<WorldTransport>(world_, destination);
    }

 private:
    World& world_;
};

class Counted : public QueueEvents {
 public:
    void attempted(queue::Id, const queue::Submission&, const Attempted&) override { ++attempts; }
    void reported(queue::Id, const queue::Submission&, queue::ReportKind, const std::vector<std::uint32_t>&,
                  queue::Id) override {
        ++reports;
    }
    void undeliverable(queue::Id, const queue::Submission&) override { ++stuck; }
    void failed(const Error& error) override { ADD_FAILURE() << error.message; }
    std::size_t attempts = 0;
    std::size_t reports = 0;
    std::size_t stuck = 0;
};

class QueueRunner : public ::testing::Test {
 protected:
    QueueRunner() { spool_ = std::move(*queue::Spool::open(directory_ + "/queue")); }

    queue::Entry add(const std::vector<std::string>& recipients, std::uint32_t when = kStart,
                     const smtp::Mailbox& from = {"alice", kSender}) {
        queue::Submission submission;
        submission.arrived = when;
        submission.envelope.reverse_path = from;
        for (const std::string& recipient : recipients) {
            const std::size_t at = recipient.find('@');
            submission.envelope.recipients.push_back({recipient.substr(0, at), recipient.substr(at + 1)});
        }
        submission.envelope.recipient_options.resize(recipients.size());
        const std::string text = "Subject: s\r\n\r\nbody\r\n";
        submission.envelope.size = text.size();
        auto file = spool_->add(submission, when, [&text](const queue::TakeText& take) { return take(text); });
        if (!file) throw std::runtime_error(file.error().message);
        return file->entry();
    }
    std::size_t in_queue() const {
        std::size_t count = 0;
        EXPECT_TRUE(spool_->scan([&count](const queue::Entry&) { ++count; }));
        return count;
    }
    RunnerSettings settings(std::function<bool()> stop) {
        RunnerSettings result;
        result.linger = std::chrono::milliseconds(0);
        result.host_name = "mail.sender.example";
        result.random = [this] {
            const std::lock_guard lock(mutex_);
            return random_();
        };
        result.has_network = [] { return true; };
        result.stop = std::move(stop);
        return result;
    }

    const tests::ScratchDirectory scratch_{tests::memory_directory()};
    const std::string directory_ = scratch_.path();
    std::unique_ptr<queue::Spool> spool_;
    std::mutex mutex_;
    std::mt19937_64 random_{20261126};
};

// Waits between two tries are those of the schedule.
void expect_schedule(const std::string& recipient, std::uint32_t when, const Seen& one) {
    const queue::Schedule schedule;
    for (std::size_t i = 1; i < one.tries.size(); ++i) {
        const std::uint32_t wait = one.tries[i] - one.tries[i - 1];
        const std::uint32_t whole =
            std::min(schedule.longest_wait, schedule.first_retry << std::min<std::size_t>(i - 1, 9));
        if (one.tries[i] == when + schedule.lifetime) continue;
        EXPECT_GE(wait, whole / 10 * 9) << recipient << ' ' << i;
        EXPECT_LE(wait, whole / 10 * 11 + 60) << recipient << ' ' << i;
    }
    const std::uint32_t last = one.tries.empty() ? 0 : one.tries.back();
    EXPECT_LE(last, when + schedule.lifetime) << recipient;
}

void expect_served(const std::string& recipient, std::uint32_t when, const Seen& one) {
    EXPECT_EQ(one.delivered + one.failure_reports, 1U) << recipient;
    EXPECT_LE(one.delay_reports, 1U) << recipient;
    const std::size_t behaviour = World::behaviour(recipient.substr(recipient.find('@') + 1));
    const std::string never = "1359";
    const std::string always = "02467";
    const char number = static_cast<char>('0' + behaviour);
    const bool is_one_try = behaviour == 0 || behaviour == 5 || behaviour == 8;
    EXPECT_TRUE(never.find(number) == std::string::npos || one.delivered == 0) << recipient;
    EXPECT_TRUE(always.find(number) == std::string::npos || one.delivered == 1) << recipient;
    EXPECT_TRUE(!is_one_try || one.tries.size() == 1) << recipient;
    // Behaviour 4 breaks connections: attempts that the world does not see, and now and then for hours.
    if (behaviour == 4) return;
    const bool is_slow = behaviour == 1 || behaviour == 2 || behaviour == 7 || behaviour == 9;
    EXPECT_EQ(one.delay_reports, is_slow ? 1U : 0U) << recipient;
    expect_schedule(recipient, when, one);
}

// Every recipient ends delivered once, or reported once, when the schedule says so.
TEST_F(QueueRunner, AWeek) {
    const bool is_full = std::getenv("MAILPIPE_FULL") != nullptr;
    const std::size_t messages = is_full ? 10'000 : 1'500;
    const std::size_t domains = is_full ? 500 : 100;
    SimulatedNews news(kStart + 7 * kDay);
    World world(news);
    const WorldTransports transports(world);
    Counted events;
    std::vector<std::pair<std::string, std::uint32_t>> recipients;
    for (std::size_t i = 0; i < messages; ++i) {
        const std::uint32_t when = kStart + static_cast<std::uint32_t>(random_() % kDay);
        std::vector<std::string> to;
        for (std::size_t k = 0; k <= i % 7 / 5; ++k) {
            to.push_back("u" + std::to_string(i) + (k == 0 ? "a" : "b") + "@d" +
                         std::to_string(random_() % domains) + ".example");
            recipients.emplace_back(to.back(), when);
        }
        news.bring(when, [this, to, when] { return add(to, when); });
    }
    Runner runner(
        *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
        settings([&news] { return news.is_over(); }), news, events);
    const auto done = runner.watch();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(in_queue(), 0U);
    EXPECT_EQ(events.stuck, 0U);
    for (const auto& [recipient, when] : recipients)
        expect_served(recipient, when, world.seen[recipient]);
}

TEST_F(QueueRunner, FlushTriesEachOnceDueOrNot) {
    SimulatedNews news(kStart + kDay);
    World world(news);
    const WorldTransports transports(world);
    Counted events;
    {
        // Deferred until later, and held until later by its sender.
        auto deferred = spool_->lock(add({"a@d0.example"}));
        ASSERT_TRUE(deferred && *deferred);
        queue::Event event;
        event.recipients = {0};
        event.time = kStart;
        event.attempt = {kStart, queue::Outcome::deferred, kStart + 5 * kHour, 450, "", "later", "mx", ""};
        ASSERT_TRUE((*deferred)->append(event));
        ASSERT_TRUE((*deferred)->rename());
    }
    add({"held@d0.example"}, kStart + 5 * kHour);
    add({"b@d9.example", "c@d0.example", "d@d5.example"});
    Runner runner(
        *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
        settings([] { return false; }), news, events);
    ASSERT_TRUE(runner.flush());
    EXPECT_EQ(world.seen["a@d0.example"].delivered, 1U);
    EXPECT_EQ(world.seen["held@d0.example"].tries.size(), 0U);
    EXPECT_EQ(world.seen["b@d9.example"].tries.size(), 1U);
    EXPECT_EQ(world.seen["c@d0.example"].delivered, 1U);
    EXPECT_EQ(world.seen["d@d5.example"].failure_reports, 1U) << "a report goes out in the same run";
    EXPECT_EQ(in_queue(), 2U);
}

TEST_F(QueueRunner, OfflineIsNoFault) {
    SimulatedNews news(kStart + 20 * kDay);
    World world(news);
    const WorldTransports transports(world);
    Counted events;
    add({"a@d1.example"});
    RunnerSettings offline = settings([&news] { return news.is_over(); });
    offline.has_network = [] { return false; };
    {
        Runner runner(
            *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
            offline, news, events);
        ASSERT_TRUE(runner.flush());
    }
    EXPECT_EQ(events.attempts, 0U);
    EXPECT_EQ(news.now(), kStart) << "flush ends where there is no network";
    Runner runner(
        *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
        offline, news, events);
    ASSERT_TRUE(runner.watch());
    EXPECT_EQ(events.attempts, 0U);
    EXPECT_EQ(events.reports, 0U);
    EXPECT_EQ(in_queue(), 1U);
}

TEST_F(QueueRunner, ServerThatIsNotKnownMakesMailWait) {
    SimulatedNews news(kStart + kDay);
    Counted events;
    add({"a@d0.example"});
    Runner runner(
        *spool_,
        [](const std::string&) -> Result<const Transports*> { return fail(Errc::config, "no account work"); },
        settings([] { return false; }), news, events);
    ASSERT_TRUE(runner.flush());
    EXPECT_EQ(events.attempts, 1U);
    EXPECT_EQ(in_queue(), 1U);
}

TEST_F(QueueRunner, NoReportForNobody) {
    SimulatedNews news(kStart + kDay);
    World world(news);
    const WorldTransports transports(world);
    Counted events;
    add({"a@d5.example"}, kStart, {});
    Runner runner(
        *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
        settings([] { return false; }), news, events);
    ASSERT_TRUE(runner.flush());
    EXPECT_EQ(events.reports, 0U);
    EXPECT_EQ(events.stuck, 1U);
    EXPECT_EQ(in_queue(), 1U);
    ASSERT_TRUE(runner.flush());
    EXPECT_EQ(world.seen["a@d5.example"].tries.size(), 1U) << "it waits for people";
}

// Killed between the report and the message that it is about.
TEST_F(QueueRunner, AReportIsSentOnceWhateverEndsARun) {
    for (const bool is_marked : {false, true}) {
        SimulatedNews news(kStart + kDay);
        World world(news);
        const WorldTransports transports(world);
        Counted events;
        const queue::Entry entry = add({"a@d5.example", "b@d9.example"});
        {
            auto about = spool_->lock(entry);
            ASSERT_TRUE(about && *about);
            queue::Event failed;
            failed.recipients = {0};
            failed.time = kStart;
            failed.attempt = {kStart, queue::Outcome::failed, 0, 550, "5.1.1", "no", "mx", ""};
            ASSERT_TRUE((*about)->append(failed));
            queue::Submission report;
            report.arrived = kStart;
            report.envelope.recipients = {{"alice", kSender}};
            queue::ReportInput input{queue::ReportKind::failed, {0}, "", ""};
            const auto built =
                queue::build_report((*about)->message(), input, {"mail.sender.example", kStart, 0, "seed"});
            ASSERT_TRUE(built);
            report.envelope.size = built->text.size();
            report.report_of = queue::ReportOf{entry.id, 0};
            ASSERT_TRUE(spool_->add(report, kStart,
                                    [&built](const queue::TakeText& take) { return take(built->text); }));
            if (is_marked) {
                queue::Event marked;
                marked.kind = queue::Event::Kind::report;
                marked.recipients = {0};
                ASSERT_TRUE((*about)->append(marked));
            }
        }
        EXPECT_EQ(in_queue(), 2U);
        Runner runner(
            *spool_, [&transports](const std::string&) -> Result<const Transports*> { return &transports; },
            settings([] { return false; }), news, events);
        ASSERT_TRUE(runner.flush());
        EXPECT_EQ(world.seen["a@d5.example"].failure_reports, 1U) << is_marked;
        EXPECT_EQ(in_queue(), 1U);
        EXPECT_TRUE(spool_->scan([this](const queue::Entry& left) {
            auto file = spool_->lock(left);
            if (file && *file) static_cast<void>((*file)->remove());
        }));
    }
}

}  // namespace
}  // namespace mailpipe::app
