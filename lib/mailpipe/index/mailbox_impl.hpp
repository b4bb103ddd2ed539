#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "mailpipe/index/account_core.hpp"
#include "mailpipe/index/folder.hpp"
#include "mailpipe/index/keyword_letters.hpp"
#include "mailpipe/index/mailbox.hpp"
#include "mailpipe/index/rows.hpp"
#include "mailpipe/index/seen_marks.hpp"
#include "mailpipe/index/uid_trace.hpp"

namespace mailpipe::index {

// Every change goes the same way: the index first, durably; then the files, unsynced; then it is published. What a crash
// takes of the files' part is made up for at the next start, by what the index says: names of files (messages that changed
// after `settled_modseq`), files that are to go (`doomed`), files that are still in tmp/.
//
// `mutex_` is held for all of a change; reading takes it not at all.
class MailboxImpl : public Mailbox {
 public:
    static Result<std::shared_ptr<MailboxImpl>> open(std::shared_ptr<AccountCore> core, MailboxRow row,
                                                     std::string name, const std::string& path);
    ~MailboxImpl() override;

    const std::string& id() const override { return object_id_; }
    std::string name() const override;
    std::shared_ptr<const Snapshot> snapshot() const override;
    Result<void> refresh() override;
    Token watch(std::function<void()> changed) override;
    Result<StoreResult> store(const std::vector<Uid>& uids, StoreMode mode, const FlagSet& flags,
                              std::optional<ModSeq> unchanged_since) override {
        return store_for(nullptr, uids, mode, flags, unchanged_since);
    }
    Result<std::pair<std::vector<Uid>, ModSeq>> expunge(const std::optional<std::vector<Uid>>& uids) override;
    using Mailbox::copy;
    Result<Copied> copy(const std::vector<Uid>& uids, Mailbox& target, bool move, KeptFlags kept) override {
        return copy_for(nullptr, uids, target, move, kept);
    }
    Result<std::unique_ptr<Append>> begin_append() override { return begin_append_for(nullptr); }
    Result<std::unique_ptr<store::MessageReader>> open(Uid uid) override;
    Result<std::string> text(Uid uid) override;
    Result<void> facts(const std::vector<Uid>& uids, unsigned want, const UseFacts& use) override;
    Result<UidRanges> vanished_since(ModSeq modseq) override;
    Result<std::string> email_id(Uid uid) override;
    Result<std::string> thread_id(Uid uid) override;

    // For one user, whose \Seen `marks` has; null: for the owner.
    Result<StoreResult> store_for(SeenMarks* marks, const std::vector<Uid>& uids, StoreMode mode,
                                  const FlagSet& flags, std::optional<ModSeq> unchanged_since);
    Result<Copied> copy_for(SeenMarks* marks, const std::vector<Uid>& uids, Mailbox& target, bool move,
                            KeptFlags kept);
    Result<std::unique_ptr<Append>> begin_append_for(std::shared_ptr<SeenMarks> marks);
    // null: all share one \Seen, and always have.
    Result<std::shared_ptr<SeenMarks>> marks_of(const std::string& user);

    // For the account.
    Result<void> switch_seen(bool on);
    std::int64_t row_id() const { return row_id_; }
    std::string path() const;
    void renamed(std::string name, std::string path);
    void removed();                             // all but reading fails from now on
    Result<void> settle();                      // the files are durably what the index says
    Result<void> close();                       // settled, and then as removed(): who had it is gone
    bool is_at(const std::string& path) const;  // the directory there is the one that is open
    bool is_watched();
    Result<void> look_again();  // at all files, whatever the times say

 private:
    friend class AppendImpl;
    friend struct MailboxCopy;

    // A message that comes in, with the file that is in tmp/ (or, found by a scan, elsewhere).
    struct Incoming {
        Message message;  // the UID and the modseq are given when it is added
        FileName file;
        std::string from;   // "tmp/NAME"; empty: it is in its place
        bool seen = false;  // by the user of Change::marks
    };
    // A change on its way: what the index and the snapshot will be.
    struct Change {
        MailboxRow row;
        SnapshotBuilder builder;
        std::shared_ptr<const Snapshot> next = nullptr;
        std::vector<Message> updated;                         // flags and the modseq
        std::vector<std::pair<Uid, FileName>> renamed_files;  // whose extra letters are others
        std::vector<Incoming> added;
        std::vector<Uid> removed;                          // ascending
        std::vector<std::pair<Message, FileName>> doomed;  // of `removed`: those whose files go as well
        bool new_keywords = false;
        SeenMarks* marks = nullptr;  // whose `seen` is
        std::vector<SeenMark> seen;
        std::optional<SeenSwitch> seen_switch;

        Change(const MailboxRow& from, const Snapshot& snapshot) : row(from), builder(snapshot) {}
    };
    // A file whose name is to follow the index.
    struct Rename {
        Uid uid = 0;
        std::string base;
        std::string from, to;  // letters
    };

    MailboxImpl(std::shared_ptr<AccountCore> core, MailboxRow row, std::string name, std::string path);

    // With mutex_ held.
    Result<void> check_there() const;
    Result<void> settle_locked();
    Result<bool> refresh_locked();  // whether anything has changed
    struct Need {
        bool all = false, new_only = false;
    };
    Result<Need> what_to_scan();
    Result<bool> scan_all();
    Result<bool> take_new();
    struct Scan;
    Result<void> compare(Scan& scan);
    void compare_file(Scan& scan, Uid uid, std::string_view base, std::string_view extra);
    Result<void> take_unknown(Scan& scan);
    Result<void> look_at(const std::vector<store::MaildirFile>& files, const KeywordNames& names,
                         std::int64_t now, std::vector<Incoming>& incoming) const;
    Result<std::optional<Incoming>> incoming_of(const store::MaildirFile& file, const KeywordNames& names,
                                                std::int64_t now) const;
    Result<void> apply_trace(Change& change, std::vector<Incoming>& incoming);

    Result<std::uint64_t> bits_of(Change& change, const std::vector<std::string>& keywords, bool make);
    void update(Change& change, const Message& message);
    Result<void> add(Change& change, std::vector<Incoming> incoming);
    Result<void> remove(Change& change, const std::vector<Uid>& ascending_uids);  // and dooms the files
    Result<void> reserve(Change& change, std::size_t count);
    static void complete(Change& change);
    Result<void> write(Database& database, const Change& change) const;  // part of a transaction
    void tell_changed();          // its own watchers and the account's; no lock is held
    void finish(Change& change);  // after the commit: publishes it, then does the files' part
    Result<void> commit(Change& change);
    Result<std::vector<Rename>> renames_of(const Change& change);
    void rename_files(const std::vector<Rename>& renames);
    void place_files(const Change& change);
    void remove_files(const Change& change);
    void write_keywords();
    Result<void> append_trace(const MailboxRow& row, const std::string& lines, bool sync);
    Result<void> write_trace();
    // Around what this process does to cur/ itself, so that it is not taken for what others do.
    class OwnChange;

    Result<std::pair<FileName, Message>> find_file(Uid uid) const;
    Result<store::Fd> open_file(Uid uid) const;
    struct Batch;
    struct BatchItem;
    Result<void> read_facts(Batch& batch) const;
    Result<void> make_facts(BatchItem& item, unsigned want) const;
    Result<void> make_facts(Batch& batch) const;
    Result<void> keep_facts(const Batch& batch) const;

    std::shared_ptr<AccountCore> core_;
    const std::int64_t row_id_;
    const std::string object_id_;
    std::shared_ptr<const Folder> folder_;
    Watchers<> watchers_;

    mutable std::mutex published_mutex_;
    std::string name_, path_;
    std::shared_ptr<const Snapshot> snapshot_;

    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<SeenMarks>> marks_;  // by user
    MailboxRow row_;
    bool gone_ = false;
    bool dirty_ = false;                        // something is there that no time of a directory tells
    mutable std::atomic<bool> missed_ = false;  // a file was not found
    bool scanned_ = false;                      // all, since it was opened
    std::set<Uid> unrenamed_;                   // whose files have not got the names yet
    std::unordered_set<std::string> doomed_;    // bases of files that are to go, or may come back after a crash
    std::optional<std::chrono::steady_clock::time_point> masked_since_;
    std::chrono::steady_clock::duration last_scan_{};
    std::chrono::steady_clock::time_point last_try_{};  // to rename what is unrenamed
    std::unordered_set<std::string> left_in_new_;       // names that could not be moved to cur/

    std::atomic<ModSeq> vanished_floor_;
    std::mutex watch_mutex_;
    std::shared_ptr<void> folder_watch_;
};

}  // namespace mailpipe::index
