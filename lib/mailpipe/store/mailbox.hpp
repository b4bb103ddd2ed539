#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/entries.hpp"

// What every store can do. Text is CRLF here; a store maps it to the LF it holds (wire/line_ends.hpp): CRLF
// becomes LF, every other octet is kept, NUL, bare CR and bare LF too. What is on disk is therefore exactly
// that mapping of what was appended. Reading maps LF to CRLF and leaves CRLF: all comes back octet for octet
// but a bare LF, which comes back as CRLF, and CR CR LF, which comes back as CR LF; the disk cannot tell those
// apart.
namespace mailpipe::store {

// Flags to set and to clear. Those that are to be both are cleared.
struct FlagChange {
    Keywords add;
    Keywords remove;
};

// Reads one message in pieces.
class MessageReader {
 public:
    virtual ~MessageReader() = default;
    // CRLF text, at most 64 KiB; empty at the end; valid until the next call.
    virtual Result<std::string_view> read() = 0;
    // Whether the first read() has returned the header with the empty line that ends it and nothing else, so that nobody
    // has to look for that line again.
    virtual bool is_header() const { return false; }
    // nullopt: its Entry says it.
    virtual std::optional<std::time_t> received_at() const { return std::nullopt; }
};

class MailboxReader {
 public:
    virtual ~MailboxReader() = default;
    // In the order of arrival. Maildir: new/ and cur/; nothing is moved. Mbox: "$seen" and so on from Status
    // and X-Status fields.
    virtual Result<Entries> list() = 0;

    // Between list() and the next call that is not one of these, any number of threads may make these:

    // not_found when the message is gone meanwhile. Follows a flag change that renamed a Maildir file.
    virtual Result<std::unique_ptr<MessageReader>> open(const std::string& id) = 0;
    // The same for an entry of list(), in the memory of one of its readers that is no longer needed, or nullptr:
    // a listing opens messages by the hundred thousand.
    virtual Result<std::unique_ptr<MessageReader>> open_entry(const Entry& entry,
                                                              std::unique_ptr<MessageReader> /*spent*/) {
        return open(entry.id);
    }
    // CRLF octets; reads the message when the size is not known otherwise.
    virtual Result<std::uint64_t> size(const Entry& entry) = 0;

    // Changes, durable when they return. Of an mbox they make a new file, under the lock, that takes the place
    // of the old one; the ids from before are worth nothing then, and list() comes before the next change. A
    // message counts as gone when it is not the one that list() saw.

    // Error unsupported, which names the first of them that this kind of store cannot keep.
    virtual Result<void> check_keywords(const Keywords& keywords) const = 0;
    // For each message what it is now (of an mbox without the size), nullopt for one that is gone. Error
    // unsupported, before anything is changed, as of check_keywords(change.add).
    virtual Result<std::vector<std::optional<Entry>>> set_flags(const std::vector<std::string>& ids,
                                                                const FlagChange& change) = 0;
    // Those already gone count as removed.
    virtual Result<void> remove(const std::vector<std::string>& ids) = 0;
    // Moves messages into the mailbox of the same kind at `path`, made when missing, without copying them: each
    // is always in one of the two and never in both. The id of each there, empty for one that is gone; nullopt,
    // and nothing is done, when that is not possible.
    virtual Result<std::optional<std::vector<std::string>>> move_to(const std::string& path,
                                                                    const std::vector<std::string>& ids) = 0;
};

struct Staged {
    std::string id;          // for the caller's journal and recover(); one line, no spaces
    std::uint64_t size = 0;  // CRLF octets
};

// Adds messages in groups. A staged message is in nobody's sight and not yet durable. make_durable() makes all
// staged ones durable (one syncfs, or few fsyncs) but still unseen; publish() puts them into place and makes
// that durable. Between the two the caller writes its journal: a staged id that was made durable can be
// published by recover() of a later process, once and never twice. Destruction drops what is not durable.
class MailboxWriter {
 public:
    virtual ~MailboxWriter() = default;

    // Errors of all: io for a full disk ("PATH: No space left on device") and what else goes wrong, temporary
    // when another program keeps an mbox locked. After an error of begin, append or finish the message is
    // abandoned.
    virtual Result<void> begin() = 0;
    virtual Result<void> append(std::string_view crlf_text) = 0;
    // Maildir keeps the keywords that it has a letter for ($seen, $answered, $flagged, $draft, $deleted,
    // $forwarded) and `received_at` as the mtime; mbox keeps `received_at` in the From_ line.
    virtual Result<Staged> finish(const Keywords& keywords, std::optional<std::time_t> received_at) = 0;
    virtual void abandon() = 0;  // of the message begun

    // After an error nothing that was staged since the last success counts as durable.
    virtual Result<void> make_durable() = 0;
    // The Entry::id of each published message, in the order staged. Makes durable first what is not. After an
    // error some messages may be in place, each whole; recover() tells.
    virtual Result<std::vector<std::string>> publish() = 0;
    // As publish(), without making anything durable: the caller has made sure of that in another way. Where nothing else
    // is possible, publish().
    virtual Result<std::vector<std::string>> publish_unsynced() { return publish(); }
    // Drops all that is staged, durable or not, and not published: the caller's journal could not be written.
    virtual void discard() = 0;
    // The caller's journal says for good that all published so far is done: what only recover() needs is
    // dropped.
    virtual Result<void> settle() = 0;

    // After a crash: brings each message that an earlier process staged and made durable into place. One that
    // is in place already is left alone. The Entry::id of each, in the order of `staged_ids`; empty for one
    // found nowhere (neither staged nor in place): never durable, or in a Maildir published and then removed by
    // its reader. Removes what dead processes left in tmp/ more than 36 hours ago, except what `staged_ids`
    // names.
    virtual Result<std::vector<std::string>> recover(const std::vector<std::string>& staged_ids) = 0;
};

}  // namespace mailpipe::store
