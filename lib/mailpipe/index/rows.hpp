#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/index/database.hpp"
#include "mailpipe/index/message.hpp"
#include "mailpipe/index/schema.hpp"
#include "mailpipe/index/snapshot.hpp"

// What an index holds of a mailbox. All of these want the caller to have the database to himself, and changes a
// Transaction.
namespace mailpipe::index {

// When new/ and cur/ changed last, in nanoseconds; 0: not known.
struct FolderTimes {
    std::int64_t new_time = 0, cur_time = 0;
    bool operator==(const FolderTimes&) const = default;
};

// Of a row that knows less than the trace of its messages (uid_trace.hpp).
inline constexpr FolderTimes kStale{-1, -1};

struct MailboxRow {
    std::int64_t id = 0;
    std::string object_id;
    std::string directory;  // below the root, as it is spelled there; empty for INBOX
    std::uint32_t uid_validity = 0;
    Uid uid_next = 1;
    Uid uid_reserved = 1;  // what the trace says can have been given (uid_trace.hpp)
    ModSeq highest_modseq = 1;
    ModSeq settled_modseq = 0;  // up to here the names of the files are durably what the index says
    ModSeq vanished_floor = 0;  // what vanished up to here is not known any more
    std::uint64_t messages = 0, octets = 0;
    FolderTimes times;
    std::vector<std::string> keywords;
    std::vector<std::string> special_use;
};

Result<std::vector<MailboxRow>> read_mailbox_rows(Database& database);
Result<std::optional<MailboxRow>> read_mailbox_row(Database& database, const std::string& directory);
Result<void> update_special_use(Database& database, const MailboxRow& row);
Result<std::int64_t> insert_mailbox_row(Database& database, const MailboxRow& row);
Result<void> update_mailbox_row(Database& database, const MailboxRow& row);
Result<void> remove_mailbox_row(Database& database, std::int64_t id);  // and all that is known of it

// Error data for rows that no index would have.
Result<std::shared_ptr<const Snapshot>> read_snapshot(Database& database, const MailboxRow& row);

Result<void> update_flags(Database& database, std::int64_t mailbox, const Message& message);  // and the modseq
Result<void> touch_messages(Database& database, std::int64_t mailbox, ModSeq modseq);         // all of them
// With what is derived of them; the files are the caller's.
Result<void> remove_messages(Database& database, std::int64_t mailbox, const std::vector<Uid>& ascending_uids);

struct FileName {
    std::string base;
    std::string extra;  // letters that mean nothing here
};
struct MessageRow {
    const Message* message;
    const FileName* file;
};
Result<void> put_messages(Database& database, std::int64_t mailbox, const std::vector<MessageRow>& rows);
Result<void> put_file(Database& database, std::int64_t mailbox, Uid uid, const FileName& name);
Result<std::optional<FileName>> read_file_name(Database& database, std::int64_t mailbox, Uid uid);
// In the order of UIDs.
Result<void> for_each_file(
    Database& database, std::int64_t mailbox,
    const std::function<void(Uid uid, std::string_view base, std::string_view extra)>& use);

Result<void> add_vanished(Database& database, std::int64_t mailbox, ModSeq modseq,
                          const std::vector<Uid>& ascending_uids);
Result<UidRanges> read_vanished(Database& database, std::int64_t mailbox, ModSeq after);

Result<void> add_doomed(Database& database, std::int64_t mailbox, const std::string& base);
Result<std::vector<std::string>> read_doomed(Database& database, std::int64_t mailbox);
Result<void> forget_doomed(Database& database, std::int64_t mailbox);

// Kept facts of a message go along where it is copied to.
Result<void> copy_derived(Database& database, std::int64_t from, Uid from_uid, std::int64_t to, Uid to_uid);

UidRanges ranges_of(const std::vector<Uid>& ascending_uids);

}  // namespace mailpipe::index
