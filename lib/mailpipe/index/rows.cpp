#include "mailpipe/index/rows.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::index {
namespace {

constexpr Uid kLastUid = 0xFFFFFFFF;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += word.empty() ? "-" : word;  // no keyword is "-" alone here
    }
    return text;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : ascii::split_words(text))
        words.emplace_back(word == "-" ? std::string_view{} : word);
    return words;
}

constexpr const char* kSelectRows =
    "SELECT "
    "id,object_id,directory,uid_validity,uid_next,uid_reserved,highest_modseq,settled_modseq,vanished_floor,"
    "messages,octets,new_time,cur_time,keywords,special_use FROM mailbox";
constexpr const char* kSelectRow =
    "SELECT "
    "id,object_id,directory,uid_validity,uid_next,uid_reserved,highest_modseq,settled_modseq,vanished_floor,"
    "messages,octets,new_time,cur_time,keywords,special_use FROM mailbox WHERE directory=?";

MailboxRow row_of(const Query& query) {
    MailboxRow row;
    row.id = query.integer(0);
    row.object_id = query.text(1);
    row.directory = query.text(2);
    row.uid_validity = static_cast<std::uint32_t>(query.integer(3));
    row.uid_next = static_cast<Uid>(query.integer(4));
    row.uid_reserved = static_cast<Uid>(query.integer(5));
    row.highest_modseq = static_cast<ModSeq>(query.integer(6));
    row.settled_modseq = static_cast<ModSeq>(query.integer(7));
    row.vanished_floor = static_cast<ModSeq>(query.integer(8));
    row.messages = static_cast<std::uint64_t>(query.integer(9));
    row.octets = static_cast<std::uint64_t>(query.integer(10));
    row.times = {query.integer(11), query.integer(12)};
    row.keywords = split(query.text(13));
    row.special_use = split(query.text(14));
    return row;
}

template <class... Values>
Result<void> run(Database& database, const char* sql, const Values&... values) {
    auto query = database.query(sql);
    if (!query) return tl::unexpected(query.error());
    return query->run(values...);
}

constexpr const char* kPutFile = "INSERT OR REPLACE INTO file VALUES(?,?,?)";
// So many by one statement take half the time.
constexpr std::size_t kRowsAtOnce = 16;

// The same INSERT for kRowsAtOnce rows.
std::string for_many(std::string sql) {
    const std::string row = sql.substr(sql.find('('));
    for (std::size_t i = 1; i < kRowsAtOnce; ++i)
        sql += ',' + row;
    return sql;
}

template <class Bind>
Result<void> insert(Database& database, const std::vector<MessageRow>& rows, const char* one,
                    const std::string& many, const Bind& bind) {
    for (std::size_t at = 0; at < rows.size();) {
        const std::size_t count = rows.size() - at < kRowsAtOnce ? 1 : kRowsAtOnce;
        auto query = database.query(count == 1 ? one : many.c_str());
        if (!query) return tl::unexpected(query.error());
        query->start();
        for (const std::size_t end = at + count; at < end; ++at)
            bind(*query, rows[at]);
        if (auto stepped = query->step(); !stepped) return tl::unexpected(stepped.error());
    }
    return {};
}

Result<void> remove_range(Database& database, std::int64_t mailbox, Uid first, Uid last) {
    constexpr std::array kDeletes{"DELETE FROM message WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM file WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM identity WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM header WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM envelope WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM body WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM body_structure WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM preview WHERE key BETWEEN ? AND ?",
                                  "DELETE FROM seen WHERE key BETWEEN ? AND ?"};
    for (const char* sql : kDeletes) {
        if (auto ran = run(database, sql, key_of(mailbox, first), key_of(mailbox, last)); !ran) return ran;
    }
    return {};
}

}  // namespace

Result<std::vector<MailboxRow>> read_mailbox_rows(Database& database) {
    auto query = database.query(kSelectRows);
    if (!query) return tl::unexpected(query.error());
    std::vector<MailboxRow> rows;
    query->start();
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return rows;
        rows.push_back(row_of(*query));
    }
}

Result<std::optional<MailboxRow>> read_mailbox_row(Database& database, const std::string& directory) {
    auto query = database.query(kSelectRow);
    if (!query) return tl::unexpected(query.error());
    auto stepped = query->start(directory).step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) return std::nullopt;
    return std::optional(row_of(*query));
}

Result<std::int64_t> insert_mailbox_row(Database& database, const MailboxRow& row) {
    auto ran = run(database,
                   "INSERT INTO mailbox(object_id,directory,uid_validity,uid_next,uid_reserved,highest_modseq,"
                   "settled_modseq,vanished_floor,messages,octets,new_time,cur_time,keywords,special_use)"
                   "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                   row.object_id, row.directory, row.uid_validity, row.uid_next, row.uid_reserved,
                   row.highest_modseq, row.settled_modseq, row.vanished_floor, row.messages, row.octets,
                   row.times.new_time, row.times.cur_time, joined(row.keywords), joined(row.special_use));
    if (!ran) return tl::unexpected(ran.error());
    return database.last_row();
}

Result<void> update_mailbox_row(Database& database, const MailboxRow& row) {
    return run(database,
               "UPDATE mailbox SET uid_validity=?,uid_next=?,uid_reserved=?,highest_modseq=?,settled_modseq=?,"
               "vanished_floor=?,messages=?,octets=?,new_time=?,cur_time=?,keywords=? WHERE id=?",
               row.uid_validity, row.uid_next, row.uid_reserved, row.highest_modseq, row.settled_modseq,
               row.vanished_floor, row.messages, row.octets, row.times.new_time, row.times.cur_time,
               joined(row.keywords), row.id);
}

Result<void> update_special_use(Database& database, const MailboxRow& row) {
    return run(database, "UPDATE mailbox SET special_use=? WHERE id=?", joined(row.special_use), row.id);
}

Result<void> remove_mailbox_row(Database& database, std::int64_t id) {
    if (auto removed = remove_range(database, id, 0, kLastUid); !removed) return removed;
    for (const char* sql : {"DELETE FROM vanished WHERE mailbox=?", "DELETE FROM doomed WHERE mailbox=?",
                            "DELETE FROM acl WHERE mailbox=?", "DELETE FROM metadata WHERE mailbox=?",
                            "DELETE FROM mailbox WHERE id=?"}) {
        if (auto ran = run(database, sql, id); !ran) return ran;
    }
    return {};
}

Result<std::shared_ptr<const Snapshot>> read_snapshot(Database& database, const MailboxRow& row) {
    auto query = database.query(
        "SELECT key,flags,keywords,modseq,internal_date,save_date,size FROM message WHERE key BETWEEN ? AND ? "
        "ORDER BY key");
    if (!query) return tl::unexpected(query.error());
    query->start(key_of(row.id, 0), key_of(row.id, kLastUid));
    SnapshotBuilder builder(row.uid_validity, row.uid_next);
    Message message;
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) break;
        message.uid = static_cast<Uid>(query->integer(0) & kLastUid);
        message.flags = static_cast<std::uint8_t>(query->integer(1));
        message.keywords = static_cast<std::uint64_t>(query->integer(2));
        message.modseq = static_cast<ModSeq>(query->integer(3));
        message.internal_date = query->integer(4);
        message.save_date = query->integer(5);
        message.size = static_cast<std::uint64_t>(query->integer(6));
        if (message.uid >= row.uid_next || message.modseq > row.highest_modseq || message.flags > 31)
            return fail(Errc::data, "mailbox " + row.directory + ": the index is broken");
        builder.append(message);
    }
    builder.set_keywords(row.keywords);
    builder.set_highest_modseq(row.highest_modseq);
    builder.set_uid_next(row.uid_next);
    return builder.build();
}

Result<void> put_messages(Database& database, std::int64_t mailbox, const std::vector<MessageRow>& rows) {
    constexpr const char* kMessage = "INSERT OR REPLACE INTO message VALUES(?,?,?,?,?,?,?)";
    static const std::string messages = for_many(kMessage);
    auto put = insert(database, rows, kMessage, messages, [mailbox](Query& query, const MessageRow& row) {
        const Message& each = *row.message;
        query.more(key_of(mailbox, each.uid), each.flags, each.keywords, each.modseq, each.internal_date,
                   each.save_date, each.size);
    });
    if (!put) return put;
    static const std::string files = for_many(kPutFile);
    return insert(database, rows, kPutFile, files, [mailbox](Query& query, const MessageRow& row) {
        query.more(key_of(mailbox, row.message->uid), row.file->base, row.file->extra);
    });
}

Result<void> update_flags(Database& database, std::int64_t mailbox, const Message& message) {
    return run(database, "UPDATE message SET flags=?,keywords=?,modseq=? WHERE key=?", message.flags,
               message.keywords, message.modseq, key_of(mailbox, message.uid));
}

Result<void> touch_messages(Database& database, std::int64_t mailbox, ModSeq modseq) {
    return run(database, "UPDATE message SET modseq=? WHERE key BETWEEN ? AND ?", modseq, key_of(mailbox, 0),
               key_of(mailbox, kLastUid));
}

Result<void> remove_messages(Database& database, std::int64_t mailbox, const std::vector<Uid>& ascending_uids) {
    for (const auto& [first, last] : ranges_of(ascending_uids)) {
        if (auto removed = remove_range(database, mailbox, first, last); !removed) return removed;
    }
    return {};
}

Result<void> put_file(Database& database, std::int64_t mailbox, Uid uid, const FileName& name) {
    return run(database, kPutFile, key_of(mailbox, uid), name.base, name.extra);
}

Result<std::optional<FileName>> read_file_name(Database& database, std::int64_t mailbox, Uid uid) {
    auto query = database.query("SELECT base,extra FROM file WHERE key=?");
    if (!query) return tl::unexpected(query.error());
    auto stepped = query->start(key_of(mailbox, uid)).step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) return std::nullopt;
    return std::optional(FileName{std::string(query->text(0)), std::string(query->text(1))});
}

Result<void> for_each_file(Database& database, std::int64_t mailbox,
                           const std::function<void(Uid, std::string_view, std::string_view)>& use) {
    auto query = database.query("SELECT key,base,extra FROM file WHERE key BETWEEN ? AND ? ORDER BY key");
    if (!query) return tl::unexpected(query.error());
    query->start(key_of(mailbox, 0), key_of(mailbox, kLastUid));
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return {};
        use(static_cast<Uid>(query->integer(0) & kLastUid), query->text(1), query->text(2));
    }
}

Result<void> add_vanished(Database& database, std::int64_t mailbox, ModSeq modseq,
                          const std::vector<Uid>& ascending_uids) {
    for (const auto& [first, last] : ranges_of(ascending_uids)) {
        auto ran = run(database, "INSERT INTO vanished VALUES(?,?,?,?)", mailbox, modseq, first, last);
        if (!ran) return ran;
    }
    return {};
}

Result<UidRanges> read_vanished(Database& database, std::int64_t mailbox, ModSeq after) {
    auto query = database.query("SELECT first,last FROM vanished WHERE mailbox=? AND modseq>? ORDER BY first");
    if (!query) return tl::unexpected(query.error());
    query->start(mailbox, after);
    UidRanges ranges;
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return ranges;
        const auto first = static_cast<Uid>(query->integer(0)), last = static_cast<Uid>(query->integer(1));
        if (!ranges.empty() && first <= ranges.back().second + 1) {
            ranges.back().second = std::max(ranges.back().second, last);
        } else {
            ranges.emplace_back(first, last);
        }
    }
}

Result<void> add_doomed(Database& database, std::int64_t mailbox, const std::string& base) {
    return run(database, "INSERT OR IGNORE INTO doomed VALUES(?,?)", mailbox, base);
}

Result<std::vector<std::string>> read_doomed(Database& database, std::int64_t mailbox) {
    auto query = database.query("SELECT base FROM doomed WHERE mailbox=?");
    if (!query) return tl::unexpected(query.error());
    query->start(mailbox);
    std::vector<std::string> bases;
    while (true) {
        auto stepped = query->step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (!*stepped) return bases;
        bases.emplace_back(query->text(0));
    }
}

Result<void> forget_doomed(Database& database, std::int64_t mailbox) {
    return run(database, "DELETE FROM doomed WHERE mailbox=?", mailbox);
}

Result<void> copy_derived(Database& database, std::int64_t from, Uid from_uid, std::int64_t to, Uid to_uid) {
    constexpr std::array kCopies{
        "INSERT OR REPLACE INTO identity SELECT ?,email,thread FROM identity WHERE key=?",
        "INSERT OR REPLACE INTO header SELECT ?,data FROM header WHERE key=?",
        "INSERT OR REPLACE INTO envelope SELECT ?,data FROM envelope WHERE key=?",
        "INSERT OR REPLACE INTO body SELECT ?,data FROM body WHERE key=?",
        "INSERT OR REPLACE INTO body_structure SELECT ?,data FROM body_structure WHERE key=?",
        "INSERT OR REPLACE INTO preview SELECT ?,data FROM preview WHERE key=?"};
    for (const char* sql : kCopies) {
        auto ran = run(database, sql, key_of(to, to_uid), key_of(from, from_uid));
        if (!ran) return ran;
    }
    return {};
}

UidRanges ranges_of(const std::vector<Uid>& ascending_uids) {
    UidRanges ranges;
    for (const Uid uid : ascending_uids) {
        if (!ranges.empty() && ranges.back().second + 1 == uid) {
            ranges.back().second = uid;
        } else {
            ranges.emplace_back(uid, uid);
        }
    }
    return ranges;
}

}  // namespace mailpipe::index
