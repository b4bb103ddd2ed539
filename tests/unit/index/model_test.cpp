#include <sys/wait.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <set>

#include "tests/unit/index/index_test_support.hpp"

// Random changes against a model in memory: undisturbed, with the account closed and opened, with the index lost, and with
// the process killed at any moment.
namespace mailpipe::index::test {
namespace {

struct ModelMessage {
    int number = 0;
    std::uint8_t flags = 0;
    std::set<std::string> keywords;
    bool operator==(const ModelMessage&) const = default;
};
struct ModelMailbox {
    std::map<Uid, ModelMessage> messages;
    Uid next = 1;
    bool operator==(const ModelMailbox&) const = default;
};
using Model = std::array<ModelMailbox, 2>;

struct Step {
    enum class Kind { append, add, remove, replace, expunge, copy, move } kind{};
    std::size_t from = 0;
    int first = 0, count = 0;  // append
    std::vector<Uid> uids;
    FlagSet flags;
};

const char* const kKeywordNames[] = {"one", "two", "$Forwarded"};

class Steps {
 public:
    explicit Steps(unsigned seed) : random_(seed) {}

    Step next(const Model& model) {
        Step step;
        step.kind = static_cast<Step::Kind>(random_() % 7);
        step.from = random_() % 2;
        const auto& messages = model[step.from].messages;
        if (messages.size() < 5) step.kind = Step::Kind::append;
        if (messages.size() > 60) step.kind = Step::Kind::move;
        step.first = number_ + 1;
        step.count = step.kind == Step::Kind::append ? 1 + static_cast<int>(random_() % 3) : 0;
        number_ += step.count;
        for (const auto& [uid, message] : messages) {
            if (random_() % 4 == 0) step.uids.push_back(uid);
        }
        step.flags.flags = static_cast<std::uint8_t>(random_() % 32);
        if (random_() % 2 == 0) step.flags.keywords = {kKeywordNames[random_() % 3]};
        return step;
    }

 private:
    std::mt19937 random_;
    int number_ = 0;
};

void store(ModelMessage& message, const Step& step) {
    if (step.kind == Step::Kind::replace) message.flags = 0, message.keywords.clear();
    for (const std::string& keyword : step.flags.keywords) {
        if (step.kind == Step::Kind::remove) message.keywords.erase(keyword);
        if (step.kind != Step::Kind::remove) message.keywords.insert(keyword);
    }
    message.flags = static_cast<std::uint8_t>(
        step.kind == Step::Kind::remove ? message.flags & ~step.flags.flags : message.flags | step.flags.flags);
}

void follow(Model& model, const Step& step) {
    ModelMailbox& from = model[step.from];
    ModelMailbox& to = model[1 - step.from];
    if (step.kind == Step::Kind::append) {
        for (int i = step.first; i < step.first + step.count; ++i)
            from.messages[from.next++] = {
                i, step.flags.flags, {step.flags.keywords.begin(), step.flags.keywords.end()}};
        return;
    }
    for (const Uid uid : step.uids) {
        ModelMessage& message = from.messages.at(uid);
        if (step.kind == Step::Kind::copy || step.kind == Step::Kind::move) to.messages[to.next++] = message;
        const bool gone = step.kind == Step::Kind::move ||
                          (step.kind == Step::Kind::expunge && (message.flags & kDeleted) != 0);
        if (gone) {
            from.messages.erase(uid);
        } else if (step.kind != Step::Kind::copy && step.kind != Step::Kind::expunge) {
            store(message, step);
        }
    }
}

Result<void> run(const std::array<std::shared_ptr<Mailbox>, 2>& mailboxes, const Step& step) {
    Mailbox& from = *mailboxes[step.from];
    switch (step.kind) {
        case Step::Kind::append: {
            auto append = from.begin_append();
            if (!append) return tl::unexpected(append.error());
            for (int i = step.first; i < step.first + step.count; ++i) {
                auto done = (*append)->begin(step.flags, {});
                if (done) done = (*append)->octets(message_text(i));
                if (done) done = (*append)->end();
                if (!done) return done;
            }
            auto uids = (*append)->commit();
            return uids ? Result<void>{} : tl::unexpected(uids.error());
        }
        case Step::Kind::expunge: {
            auto gone = from.expunge(step.uids);
            return gone ? Result<void>{} : tl::unexpected(gone.error());
        }
        case Step::Kind::copy:
        case Step::Kind::move: {
            auto copied = from.copy(step.uids, *mailboxes[1 - step.from], step.kind == Step::Kind::move);
            return copied ? Result<void>{} : tl::unexpected(copied.error());
        }
        default:
            break;
    }
    const StoreMode mode = step.kind == Step::Kind::add      ? StoreMode::add
                           : step.kind == Step::Kind::remove ? StoreMode::remove
                                                             : StoreMode::replace;
    auto stored = from.store(step.uids, mode, step.flags, std::nullopt);
    return stored ? Result<void>{} : tl::unexpected(stored.error());
}

ModelMailbox what_is_there(Mailbox& mailbox, bool texts) {
    ModelMailbox seen;
    const auto now = mailbox.snapshot();
    now->for_each([&](std::size_t, const Message& message) {
        ModelMessage each{0, message.flags, {}};
        for (std::size_t i = 0; i < now->keywords().size(); ++i) {
            if ((message.keywords >> i & 1) != 0) each.keywords.insert(now->keywords()[i]);
        }
        if (texts) {
            const auto text = mailbox.text(message.uid);
            const std::string subject = "Subject: ";
            each.number = text ? std::stoi(text->substr(text->find(subject) + subject.size())) : -1;
        }
        seen.messages[message.uid] = std::move(each);
    });
    seen.next = now->uid_next();
    return seen;
}

class ModelTest : public AccountTest {
 protected:
    ModelTest() : AccountTest(memory_directory()) {}
    ~ModelTest() override { mailboxes_ = {}; }

    void open_both() {
        open();
        auto other = account_->mailbox("Other");
        if (!other) {
            ASSERT_TRUE(account_->create("Other", {}));
            other = account_->mailbox("Other");
        }
        ASSERT_TRUE(other);
        mailboxes_ = {inbox_, *other};
    }
    void close_both() {
        mailboxes_ = {};
        close();
    }
    Model seen() { return {what_is_there(*mailboxes_[0], true), what_is_there(*mailboxes_[1], true)}; }
    std::size_t files() const { return names("cur").size() + names(".Other/cur").size(); }

    std::array<std::shared_ptr<Mailbox>, 2> mailboxes_;
};

// Where the index was lost, UIDs that were never given may be skipped.
void forget_next(Model& model) {
    for (ModelMailbox& each : model)
        each.next = 0;
}

TEST_F(ModelTest, RandomChangesAreThoseOfAModel) {
    open_both();
    Steps steps(7);
    Model model;
    std::array<ModSeq, 2> modseq{};
    for (int i = 0; i < 300; ++i) {
        const Step step = steps.next(model);
        const auto done = run(mailboxes_, step);
        ASSERT_TRUE(done) << done.error().message;
        follow(model, step);
        ASSERT_EQ(what_is_there(*mailboxes_[step.from], false).messages.size(),
                  model[step.from].messages.size());
        if (i % 20 == 19) {
            close_both();
            if (i % 60 == 59) fs::remove(root_ + "/.mailpipe-index");
            open_both();
            Model now = seen();
            for (std::size_t at = 0; at < 2; ++at)
                model[at].next = std::max(model[at].next, now[at].next);
            ASSERT_EQ(now, model) << "after step " << i;
            ASSERT_EQ(files(), model[0].messages.size() + model[1].messages.size());
        }
        for (std::size_t at = 0; at < 2; ++at) {
            ASSERT_GE(mailboxes_[at]->snapshot()->highest_modseq(), modseq[at]);
            modseq[at] = mailboxes_[at]->snapshot()->highest_modseq();
        }
    }
}

// What it has done is told by an octet each.
[[noreturn]] void change_until_killed(const std::string& root, unsigned seed, int told) {
    auto account = Account::open(root, describe);
    if (!account) ::_exit(1);
    const std::array<std::shared_ptr<Mailbox>, 2> mailboxes{*(*account)->mailbox("INBOX"),
                                                            *(*account)->mailbox("Other")};
    Steps steps(seed);
    Model model;
    while (true) {
        const Step step = steps.next(model);
        if (!run(mailboxes, step)) ::_exit(1);
        follow(model, step);
        if (::write(told, "x", 1) != 1) ::_exit(1);
    }
}

TEST_F(ModelTest, WhatWasSaidToBeDoneIsDoneWheneverTheProcessIsKilled) {
    int all_done = 0;
    for (unsigned round = 0; round < 25; ++round) {
        open_both();
        close_both();
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        if (child == 0) change_until_killed(root_, round, ends[1]);
        ::close(ends[1]);
        ::usleep(20'000 + round * 7919 % 130'000);
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        int done = 0;
        for (char octet = 0; ::read(ends[0], &octet, 1) == 1;)
            ++done;
        ::close(ends[0]);
        all_done += done;

        Steps steps(round);
        Model model;
        for (int i = 0; i < done; ++i)
            follow(model, steps.next(model));
        Model one_more = model;
        follow(one_more, steps.next(model));
        open_both();
        const Model now = seen();
        ASSERT_TRUE(now == model || now == one_more) << "round " << round << " after step " << done;
        ASSERT_EQ(files(), now[0].messages.size() + now[1].messages.size());
        // What the files say is what the index says.
        close_both();
        fs::remove(root_ + "/.mailpipe-index");
        open_both();
        Model again = seen();
        Model expected = now;
        forget_next(again);
        forget_next(expected);
        std::size_t same = 0;
        for (std::size_t at = 0; at < 2; ++at)
            same += again[at].messages.size() == expected[at].messages.size() ? 1 : 0;
        ASSERT_EQ(same, 2U);
        close_both();
        fs::remove_all(root_);
    }
    EXPECT_GT(all_done, 25);
}

}  // namespace
}  // namespace mailpipe::index::test
