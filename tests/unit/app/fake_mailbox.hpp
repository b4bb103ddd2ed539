#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/app/serve/imap/describe.hpp"
#include "mailpipe/index/mailbox.hpp"

namespace mailpipe::app::serve {

// A mailbox in memory that is only read; it counts how often.
class FakeMailbox : public index::Mailbox {
 public:
    const std::string& id() const override { return id_; }
    std::string name() const override { return "box"; }
    std::shared_ptr<const index::Snapshot> snapshot() const override { return snapshot_; }
    Result<void> refresh() override { return {}; }
    Token watch(std::function<void()>) override { return nullptr; }
    Result<StoreResult> store(const std::vector<index::Uid>&, index::StoreMode, const index::FlagSet&,
                              std::optional<index::ModSeq>) override {
        return StoreResult();
    }
    Result<std::pair<std::vector<index::Uid>, index::ModSeq>> expunge(
        const std::optional<std::vector<index::Uid>>&) override {
        return std::pair<std::vector<index::Uid>, index::ModSeq>();
    }
    Result<Copied> copy(const std::vector<index::Uid>&, Mailbox&, bool, KeptFlags) override { return Copied(); }
    Result<std::unique_ptr<Append>> begin_append() override { return std::unique_ptr<Append>(); }
    Result<std::unique_ptr<store::MessageReader>> open(index::Uid) override {
        return fail(Errc::not_found, "not here");
    }
    Result<std::string> text(index::Uid uid) override {
        ++texts_read;
        const auto found = texts_.find(uid);
        if (found == texts_.end()) return fail(Errc::not_found, "gone");
        return found->second;
    }
    Result<void> facts(const std::vector<index::Uid>& uids, unsigned, const UseFacts& use) override {
        for (const index::Uid uid : uids) {
            ++headers_read;
            const auto found = texts_.find(uid);
            if (found == texts_.end()) continue;
            index::Facts described;
            describe(found->second, index::kHeader, described);
            if (!use(uid, described)) break;
        }
        return {};
    }
    Result<index::UidRanges> vanished_since(index::ModSeq) override { return index::UidRanges(); }
    Result<std::string> email_id(index::Uid uid) override { return "M" + std::to_string(uid); }
    Result<std::string> thread_id(index::Uid uid) override { return "T" + std::to_string(uid % 2); }

    void add(index::Message message, std::string text) {
        texts_[message.uid] = std::move(text);
        message.size = texts_[message.uid].size();
        index::SnapshotBuilder builder(*snapshot_);
        builder.append(message);
        snapshot_ = builder.build();
    }
    void put(const index::Message& message) {
        index::SnapshotBuilder builder(*snapshot_);
        builder.put(message);
        snapshot_ = builder.build();
    }
    void remove(index::Uid uid) {
        texts_.erase(uid);
        index::SnapshotBuilder builder(*snapshot_);
        builder.remove(uid);
        snapshot_ = builder.build();
    }
    void lose(index::Uid uid) { texts_.erase(uid); }  // gone, but not yet for the session
    void set_keywords(std::vector<std::string> keywords) {
        index::SnapshotBuilder builder(*snapshot_);
        builder.set_keywords(std::move(keywords));
        snapshot_ = builder.build();
    }

    std::atomic<int> texts_read = 0;
    std::atomic<int> headers_read = 0;

 private:
    std::string id_ = "Fbox";
    std::shared_ptr<const index::Snapshot> snapshot_ = index::SnapshotBuilder(7, 1).build();
    std::map<index::Uid, std::string> texts_;
};

}  // namespace mailpipe::app::serve
