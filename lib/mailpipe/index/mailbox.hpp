#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/index/message.hpp"
#include "mailpipe/index/snapshot.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::index {

// Flags by name, as a client writes them: system flags with the backslash, keywords without. Case counts for neither; a
// keyword keeps the case in which it was first set.
struct FlagSet {
    std::uint8_t flags = 0;
    std::vector<std::string> keywords;
};
enum class StoreMode { replace, add, remove };

// One mailbox: a Maildir and its part of the account's index. All sessions of the process share one. All members are safe
// from any thread; those that return a Result read or write the disk. What they have done is durable when they
// return: a tagged OK may follow. Errors of all: io ("PATH: No space left on device"), data for an index that is broken and
// cannot be rebuilt, not_found when the mailbox was deleted meanwhile.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
    virtual ~Mailbox() = default;

    virtual const std::string& id() const = 0;                     // MAILBOXID (RFC 8474): stays over a rename
    virtual std::string name() const = 0;                          // changes with a rename
    virtual std::shared_ptr<const Snapshot> snapshot() const = 0;  // no I/O
    // Takes up what other programs have done to the Maildir, where anything says that they did (the times of its
    // directories, inotify).
    virtual Result<void> refresh() = 0;

    // Calls `changed` after each change, from any thread, with no lock held; it must be quick, and may take a snapshot. Until
    // the token is destroyed, which waits for a call that is running.
    using Token = std::shared_ptr<void>;
    virtual Token watch(std::function<void()> changed) = 0;

    struct StoreResult {
        std::vector<Uid>
            modified;           // left alone: changed after unchanged_since, ascending (RFC 7162 section 3.1.3)
        std::vector<Uid> gone;  // expunged meanwhile
        std::vector<Uid> stored;  // the rest, whether or not anything changed
        ModSeq modseq = 0;        // of what changed
    };
    // Error limit for more than kKeywords keywords.
    virtual Result<StoreResult> store(const std::vector<Uid>& uids, StoreMode mode, const FlagSet& flags,
                                      std::optional<ModSeq> unchanged_since) = 0;
    // Removes those of `uids` (nullopt: of all) that are \Deleted. The UIDs that are gone for good, and the modseq of that.
    virtual Result<std::pair<std::vector<Uid>, ModSeq>> expunge(
        const std::optional<std::vector<Uid>>& uids) = 0;

    struct Copied {
        std::uint32_t uid_validity = 0;  // of the target
        std::vector<Uid> from, to;  // side by side, in the order asked for; those that were gone are left out
    };
    // What of their flags is set in the target: who copies may be allowed less there (RFC 4314 section 4).
    struct KeptFlags {
        std::uint8_t flags = UINT8_MAX;
        bool keywords = true;
    };
    // All or none. `move`: each is always in one of the two, and in both after a crash at most. The target is of the same
    // account or another.
    virtual Result<Copied> copy(const std::vector<Uid>& uids, Mailbox& target, bool move, KeptFlags kept) = 0;
    Result<Copied> copy(const std::vector<Uid>& uids, Mailbox& target, bool move) {
        return copy(uids, target, move, {});
    }

    // Messages that come in together: all are there after commit(), or none. Its errors are those of store::MailboxWriter.
    class Append {
     public:
        virtual ~Append() = default;  // drops what was not committed
        virtual Result<void> begin(const FlagSet& flags, std::optional<std::time_t> internal_date) = 0;
        virtual Result<void> octets(std::string_view crlf_text) = 0;
        virtual Result<void> end() = 0;
        virtual Result<std::vector<Uid>> commit() = 0;
        // The same, and `replaced` goes in the same moment (RFC 8508).
        virtual Result<std::vector<Uid>> commit_replacing(Uid replaced) = 0;
    };
    virtual Result<std::unique_ptr<Append>> begin_append() = 0;

    // The text of a message in CRLF. Error not_found when it is gone.
    virtual Result<std::unique_ptr<store::MessageReader>> open(Uid uid) = 0;
    virtual Result<std::string> text(Uid uid) = 0;  // whole

    // Calls `use` for each of the ascending UIDs, in order, with what is wanted (Want) of it (other members may be empty): from the index,
    // or made of the text and kept. Those that are gone are left out. Stops when `use` returns false. Any number of threads may
    // do this at once.
    using UseFacts = std::function<bool(Uid, const Facts&)>;
    virtual Result<void> facts(const std::vector<Uid>& uids, unsigned want, const UseFacts& use) = 0;

    // UIDs that were removed after `modseq`; everything that is not there when it is too long ago to be known.
    virtual Result<UidRanges> vanished_since(ModSeq modseq) = 0;
    // EMAILID and THREADID (RFC 8474 section 5): 1 to 255 characters A-Z a-z 0-9 - _. The thread is that of References,
    // In-Reply-To and Message-ID in the account.
    virtual Result<std::string> email_id(Uid uid) = 0;
    virtual Result<std::string> thread_id(Uid uid) = 0;
};

}  // namespace mailpipe::index
