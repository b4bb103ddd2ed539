#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/index/database.hpp"
#include "mailpipe/index/message.hpp"
#include "mailpipe/index/snapshot.hpp"

namespace mailpipe::index {

// Whether users other than the owner have a \Seen of their own, and since which MODSEQ that is so or not.
struct SeenSwitch {
    bool on = false;
    ModSeq modseq = 0;
};
struct SeenMark {
    Uid uid = 0;
    bool seen = false;
    ModSeq modseq = 0;  // of its last change
};

// nullopt: it was never set.
Result<std::optional<SeenSwitch>> read_seen_switch(Database& database, std::int64_t mailbox);
Result<void> put_seen_switch(Database& database, std::int64_t mailbox, const SeenSwitch& state);
Result<std::vector<SeenMark>> read_seen(Database& database, std::int64_t mailbox, const std::string& user);
Result<void> put_seen(Database& database, std::int64_t mailbox, const std::string& user, const SeenMark& mark);

// One mailbox as one user sees it; all his sessions share it. A message without a mark is one that he has not seen. The MODSEQ
// of a message is the later one of the message's own and the mark's. From any thread; its lock is taken after the mailbox's.
class SeenMarks {
 public:
    SeenMarks(std::string user, SeenSwitch state, const std::vector<SeenMark>& marks);

    const std::string& user() const { return user_; }
    bool on() const;
    Message shown(const Message& stored) const;
    // `stored` tells the mailbox's own.
    std::shared_ptr<const Snapshot> snapshot(const std::function<std::shared_ptr<const Snapshot>()>& stored);

    // What was committed. `publish` makes the mailbox's own snapshot what it is now: nobody sees one without the other.
    void take(const std::vector<SeenMark>& marks, const std::function<void()>& publish);
    void set(const SeenSwitch& state);

 private:
    Message shown_locked(const Message& stored) const;
    void follow(const Snapshot& now);

    struct Mark {
        bool seen = false;
        ModSeq modseq = 0;
    };
    const std::string user_;
    mutable std::mutex mutex_;
    SeenSwitch state_;
    std::unordered_map<Uid, Mark> marks_;
    std::vector<Uid> touched_;  // since `shown_` was made
    std::shared_ptr<const Snapshot> stored_, shown_;
};

}  // namespace mailpipe::index
