#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/removed_here.hpp"
#include "mailpipe/base/exit_status.hpp"
#include "mailpipe/store/open.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class FetchRoutedDelivery : public ::testing::Test {
 protected:
    FetchRoutedDelivery() {
        // A command may end before it has read its message.
        std::signal(SIGPIPE, SIG_IGN);
        settings_.destination = place("maildir", "other");
        source_ = *parse_location("imap://alice@localhost");
    }

    std::string place(const std::string& scheme, const std::string& name) const {
        return scheme + ":" + directory_ + "/" + name;
    }
    void route(const std::string& query, const std::string& to) {
        settings_.routes.push_back(query + " -> " + to);
    }

    void open_state() {
        state_.reset();
        auto state = FetchState::open({directory_ + "/state"}, source_, settings_.destination);
        if (!state) throw std::runtime_error(state.error().message);
        state_.emplace(std::move(*state));
    }
    Result<std::unique_ptr<Delivery>> open() {
        open_state();
        return make_routed_delivery(*parse_destinations(settings_), {settings_, source_, *state_, console_});
    }
    // The error of the last step.
    static Result<void> give(Delivery& delivery, int number, const std::string& from) {
        Message message;
        message.key = std::to_string(number);
        message.number = static_cast<std::uint32_t>(number);
        message.keywords = {"$seen"};
        if (auto begun = delivery.begin(message); !begun) return begun;
        for (const std::string& piece :
             {"From: " + from, std::string("\r\nSubject: s\r\n\r"), std::string("\nbody\r\n")}) {
            if (auto appended = delivery.append(piece); !appended) return appended;
        }
        return delivery.finish(message);
    }
    std::size_t messages_in(const std::string& name, store::Format format = store::Format::maildir) const {
        const auto reader = store::open_reader(format, directory_ + "/" + name);
        return reader ? (*reader)->list()->size() : 0;
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    FetchSettings settings_;
    Location source_;
    FetchConsole console_{CommonOptions{}, Summary::automatic, true};
    std::optional<FetchState> state_;
};

TEST_F(FetchRoutedDelivery, EachGoesWhereItsRuleSays) {
    route("FROM boss", place("maildir", "boss"));
    route("FROM list", place("mbox", "list"));
    route("FROM own", settings_.destination);
    route("SEEN FROM late", place("maildir", "boss"));
    {
        auto delivery = open();
        ASSERT_TRUE(delivery) << delivery.error().message;
        ASSERT_TRUE((*delivery)->recover());
        int number = 0;
        for (const char* from : {"boss", "list", "own", "late", "other", "boss"})
            ASSERT_TRUE(give(**delivery, ++number, from));
        const auto delivered = (*delivery)->flush();
        ASSERT_TRUE(delivered);
        EXPECT_EQ(delivered->size(), 6U);
        for (const Delivered& one : *delivered) {
            const bool to_boss = one.number == 1 || one.number == 4 || one.number == 6;
            const std::string box = to_boss           ? place("maildir", "boss")
                                    : one.number == 2 ? place("mbox", "list")
                                                      : settings_.destination;
            EXPECT_TRUE(one.to.starts_with(box + ";")) << one.to;
        }
    }
    EXPECT_EQ(messages_in("boss"), 3U);
    EXPECT_EQ(messages_in("list", store::Format::mbox), 1U);
    EXPECT_EQ(messages_in("other"), 2U);
    open_state();
    EXPECT_TRUE(state_->pending_places().empty());
    // The user removes one from each Maildir.
    for (const char* box : {"boss", "other"}) {
        for (const auto& file : std::filesystem::directory_iterator(directory_ + "/" + box + "/cur")) {
            std::filesystem::remove(file);
            break;
        }
    }
    const auto removed = removed_here(*state_, false);
    ASSERT_TRUE(removed);
    int gone = 0;
    for (int key = 1; key <= 6; ++key) {
        const auto id = removed->keys.find(std::to_string(key));
        if (id && removed->keys.value(*id) == 1) ++gone;
    }
    EXPECT_EQ(gone, 2);
}

// What a process staged that was killed comes to its place, even when the rule is there no more.
TEST_F(FetchRoutedDelivery, RecoversEachDestination) {
    open_state();
    const auto stage = [this](const std::string& key, const std::string& location,
                              const std::string& as_place) {
        const Location to = *parse_location(location);
        auto writer = std::move(*store::open_writer(
            to.scheme == Scheme::mbox ? store::Format::mbox : store::Format::maildir, to.path));
        ASSERT_TRUE(writer->begin());
        ASSERT_TRUE(writer->append("Subject: 1\r\n\r\n"));
        const std::string id = writer->finish({}, std::nullopt)->id;
        ASSERT_TRUE(writer->make_durable());
        ASSERT_TRUE(state_->record_staged({{key, 14, id, {}, as_place}}));
    };
    stage("1", settings_.destination, "");
    stage("2", place("maildir", "boss"), place("maildir", "boss"));
    stage("3", place("mbox", "left"), place("mbox", "left"));
    route("FROM boss", place("maildir", "boss"));
    const auto delivery = open();
    ASSERT_TRUE(delivery);
    const auto recovered = (*delivery)->recover();
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->size(), 3U);
    EXPECT_EQ(messages_in("other"), 1U);
    EXPECT_EQ(messages_in("boss"), 1U);
    EXPECT_EQ(messages_in("left", store::Format::mbox), 1U);
    for (const char* key : {"1", "2", "3"})
        EXPECT_TRUE(state_->is_done(key));
}

TEST_F(FetchRoutedDelivery, OneThatFailsKeepsNoOthersBack) {
    std::ofstream(directory_ + "/file") << "no Maildir\n";
    route("FROM boss", place("maildir", "file"));
    route("FROM list", place("mbox", "list"));
    const auto delivery = open();
    ASSERT_TRUE(delivery) << delivery.error().message;
    ASSERT_TRUE((*delivery)->recover());
    int number = 0;
    for (const char* from : {"boss", "list", "other", "boss"})
        ASSERT_TRUE(give(**delivery, ++number, from));
    const auto delivered = (*delivery)->flush();
    ASSERT_TRUE(delivered);
    ASSERT_EQ(delivered->size(), 4U);
    EXPECT_EQ(
        std::count_if(delivered->begin(), delivered->end(),
                      [](const Delivered& one) { return one.refused && one.refused->message == kReported; }),
        2);
    EXPECT_FALSE(state_->is_done("1"));
    EXPECT_TRUE(state_->is_due("1", 0)) << "the next run tries again";
    EXPECT_TRUE(state_->is_done("2"));
    EXPECT_TRUE(state_->is_done("3"));
    EXPECT_EQ(console_.exit_status(), exit_status(Errc::data));
}

TEST_F(FetchRoutedDelivery, WhenAllFailItIsAnError) {
    std::ofstream(directory_ + "/file") << "no Maildir\n";
    settings_.destination = place("maildir", "file");
    route("FROM boss", place("maildir", "file/below"));
    const auto delivery = open();
    ASSERT_FALSE(delivery);
    EXPECT_EQ(delivery.error().message, kReported);
}

// A command that cannot be run is found at the first message.
TEST_F(FetchRoutedDelivery, OneThatFailsWhenAMessageComes) {
    route("FROM boss", "pipe:exec no-such-command 2> /dev/null");
    const auto delivery = open();
    ASSERT_TRUE(delivery);
    for (int number = 1; number <= 3; ++number)
        ASSERT_TRUE(give(**delivery, number, number == 2 ? "other" : "boss"));
    const auto delivered = (*delivery)->flush();
    ASSERT_TRUE(delivered);
    ASSERT_EQ(delivered->size(), 3U);
    for (const Delivered& one : *delivered)
        EXPECT_EQ(one.refused == nullptr, one.number == 2U);
    EXPECT_EQ(console_.exit_status(), exit_status(Errc::config));
}

TEST_F(FetchRoutedDelivery, UsageIsAnErrorOfTheWhole) {
    route("FROM boss", "smtp://localhost");
    const auto delivery = open();
    ASSERT_FALSE(delivery);
    EXPECT_EQ(delivery.error().kind, Errc::usage);
    EXPECT_TRUE(delivery.error().message.starts_with("smtp://localhost: ")) << delivery.error().message;
}

}  // namespace
}  // namespace mailpipe::app
