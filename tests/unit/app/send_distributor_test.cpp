#include "mailpipe/app/send/distributor.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mailpipe::app {
namespace {

struct World {
    std::map<std::string, int> opened;
    std::vector<std::string> quits;
    std::vector<std::pair<std::string, smtp::Envelope>> submitted;
};

// Accepts all at ".good" domains, cannot reach ".dead" ones.
class FakeTransport : public Transport {
 public:
    FakeTransport(World& world, std::string destination)
        : world_(world), destination_(std::move(destination)) {}
    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText&) override {
        world_.submitted.emplace_back(destination_, envelope);
        if (destination_.ends_with("dead")) {
            given_up_ = true;
            return fail(Errc::temporary, "refused");
        }
        smtp::Finished finished;
        for (const smtp::Mailbox& recipient : envelope.recipients)
            finished.recipients.push_back({recipient, smtp::Reply{}, true});
        return finished;
    }
    // In steps only what goes to a destination that is called "steps.good".
    bool is_ready_for(const smtp::Envelope&) const override { return destination_ == "steps.good"; }
    SubmitState begin(const smtp::Envelope& envelope, OutgoingText&) override {
        begun_ = &envelope;
        return SubmitState::waits;
    }
    SubmitState resume() override { return SubmitState::finished; }
    Result<smtp::Finished> finish() override {
        OutgoingText text;
        return submit(*begun_, text);
    }
    int descriptor() const override { return 5; }
    bool given_up() const override { return given_up_; }
    void quit() override { world_.quits.push_back(destination_); }
    std::string server() const override { return given_up_ ? "" : "mx." + destination_; }
    std::string tls_version() const override { return "TLSv1.3"; }

 private:
    World& world_;
    std::string destination_;
    bool given_up_ = false;
    const smtp::Envelope* begun_ = nullptr;
};

class FakeTransports : public Transports {
 public:
    explicit FakeTransports(World& world) : world_(world) {}
    std::string destination(const smtp::Mailbox& recipient) const override { return recipient.domain; }
    Result<std::unique_ptr<Transport>> open(const std::string& destination) const override {
        if (destination == "wrong") return fail(Errc::config, "no password");
        world_.opened[destination] += 1;
        return std::make_unique<FakeTransport>(world_, destination);
    }

 private:
    World& world_;
};

smtp::Envelope envelope_to(const std::vector<std::string>& recipients) {
    smtp::Envelope envelope;
    for (const std::string& text : recipients) {
        envelope.recipients.push_back(smtp::parse_mailbox(text).value());
        envelope.recipient_options.push_back({smtp::Notify{}, "rfc822;" + text});
    }
    return envelope;
}

TEST(Distributor, OneTransactionForEachDestination) {
    World world;
    const FakeTransports transports(world);
    Distributor distributor(transports);
    OutgoingText text;
    const auto shares = distributor.submit(envelope_to({"a@x.good", "b@y.dead", "c@x.good", "d@wrong"}), text);
    ASSERT_EQ(shares.size(), 3U);
    EXPECT_EQ(shares[0].recipients, (std::vector<std::size_t>{0, 2}));
    EXPECT_EQ(shares[0].server, "mx.x.good");
    EXPECT_EQ(shares[0].tls, "TLSv1.3");
    ASSERT_TRUE(shares[0].finished);
    EXPECT_EQ(shares[1].recipients, std::vector<std::size_t>{1});
    EXPECT_EQ(shares[1].server, "y.dead");
    EXPECT_TRUE(shares[1].tried);
    EXPECT_EQ(shares[1].finished.error().kind, Errc::temporary);
    EXPECT_EQ(shares[2].finished.error().kind, Errc::config);
    ASSERT_EQ(world.submitted.size(), 2U);
    const smtp::Envelope& first = world.submitted[0].second;
    ASSERT_EQ(first.recipients.size(), 2U);
    EXPECT_EQ(first.recipients[1].encode(), "c@x.good");
    EXPECT_EQ(first.recipient_options[1].original, "rfc822;c@x.good");
}

TEST(Distributor, KeepsWhatIsOpenAndRemembersWhatFailed) {
    World world;
    const FakeTransports transports(world);
    Distributor distributor(transports);
    OutgoingText text;
    const auto envelope = envelope_to({"a@x.good", "b@y.dead"});
    EXPECT_TRUE(distributor.submit(envelope, text)[1].tried);
    EXPECT_FALSE(distributor.submit(envelope, text)[1].tried);
    EXPECT_EQ(world.opened["x.good"], 1);
    EXPECT_EQ(world.opened["y.dead"], 1);
    distributor.quit();
    EXPECT_EQ(world.quits.size(), 2U);
}

TEST(Distributor, InStepsToTheDestinationUsedLast) {
    World world;
    const FakeTransports transports(world);
    Distributor distributor(transports);
    OutgoingText text;
    const auto envelope = envelope_to({"a@steps.good", "b@steps.good"});
    EXPECT_FALSE(distributor.is_ready_for(envelope));
    ASSERT_TRUE(distributor.submit(envelope, text)[0].finished);
    ASSERT_TRUE(distributor.is_ready_for(envelope));
    EXPECT_FALSE(distributor.is_ready_for(envelope_to({"a@steps.good", "b@x.good"})));
    EXPECT_FALSE(distributor.is_ready_for(envelope_to({"b@x.good"})));
    EXPECT_EQ(distributor.begin(envelope, text), SubmitState::waits);
    EXPECT_EQ(distributor.descriptor(), 5);
    EXPECT_EQ(distributor.resume(), SubmitState::finished);
    const auto shares = distributor.finish();
    ASSERT_EQ(shares.size(), 1U);
    EXPECT_EQ(shares[0].recipients, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(shares[0].server, "mx.steps.good");
    EXPECT_EQ(shares[0].tls, "TLSv1.3");
    ASSERT_TRUE(shares[0].finished);
    EXPECT_EQ(shares[0].finished->recipients.size(), 2U);
    ASSERT_TRUE(distributor.submit(envelope_to({"b@x.good"}), text)[0].finished);
    EXPECT_FALSE(distributor.is_ready_for(envelope));
}

TEST(Distributor, DoesNotHoldAThousandConnections) {
    World world;
    const FakeTransports transports(world);
    Distributor distributor(transports);
    OutgoingText text;
    std::vector<std::string> recipients;
    for (int i = 0; i < 100; ++i)
        recipients.push_back("a@d" + std::to_string(i) + ".good");
    EXPECT_EQ(distributor.submit(envelope_to(recipients), text).size(), 100U);
    EXPECT_GT(world.quits.size(), 60U);
    distributor.quit();
    EXPECT_EQ(world.quits.size(), 100U);
}

}  // namespace
}  // namespace mailpipe::app
