#include "mailpipe/index/schema.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "mailpipe/index/copied_index.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::index {
namespace {

// Of users other than the owner (seen_marks.hpp). An index of before has it not yet.
constexpr const char* kSeenTable =
    "CREATE TABLE seen(key INTEGER, user TEXT, seen INTEGER NOT NULL, modseq INTEGER NOT NULL,"
    " PRIMARY KEY(user, key)) WITHOUT ROWID;"
    "CREATE INDEX seen_key ON seen(key)";

// `message` is what a mailbox is opened with, and what STORE writes: small. The names of files are beside it; each kind of
// what is derived has a table, so that a client that wants envelopes does not wade through headers.
constexpr const char* kTables = R"(
CREATE TABLE mailbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, object_id TEXT NOT NULL UNIQUE, directory TEXT NOT NULL UNIQUE,
    uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, uid_reserved INTEGER NOT NULL,
    highest_modseq INTEGER NOT NULL, settled_modseq INTEGER NOT NULL, vanished_floor INTEGER NOT NULL,
    messages INTEGER NOT NULL, octets INTEGER NOT NULL, new_time INTEGER NOT NULL, cur_time INTEGER NOT NULL,
    keywords TEXT NOT NULL, special_use TEXT NOT NULL);
CREATE TABLE message(
    key INTEGER PRIMARY KEY, flags INTEGER NOT NULL, keywords INTEGER NOT NULL, modseq INTEGER NOT NULL,
    internal_date INTEGER NOT NULL, save_date INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE file(key INTEGER PRIMARY KEY, base TEXT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE identity(key INTEGER PRIMARY KEY, email TEXT, thread TEXT);
CREATE TABLE header(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE envelope(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE body(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE body_structure(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE preview(key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE vanished(
    mailbox INTEGER, modseq INTEGER, first INTEGER, last INTEGER, PRIMARY KEY(mailbox, modseq, first)) WITHOUT ROWID;
CREATE TABLE doomed(mailbox INTEGER, base TEXT, PRIMARY KEY(mailbox, base)) WITHOUT ROWID;
CREATE TABLE thread(message_id BLOB PRIMARY KEY, thread TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subscription(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE acl(mailbox INTEGER, identifier TEXT, rights TEXT NOT NULL, PRIMARY KEY(mailbox, identifier)) WITHOUT ROWID;
CREATE TABLE metadata(mailbox INTEGER, entry TEXT, value BLOB NOT NULL, PRIMARY KEY(mailbox, entry)) WITHOUT ROWID;
CREATE TABLE secret(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE setting(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE renaming(source TEXT PRIMARY KEY, target TEXT NOT NULL) WITHOUT ROWID;
)";

Result<void> add_seen_table(Database& database, Transaction& begun) {
    auto there = database.number("SELECT count(*) FROM sqlite_schema WHERE name='seen'");
    if (!there) return tl::unexpected(there.error());
    if (*there != 0) return {};
    auto added = database.execute(kSeenTable);
    // Rows that were never looked at, of that time, may know less than their trace and do not say so.
    if (added)
        added = database.execute("UPDATE mailbox SET new_time=-1,cur_time=-1 WHERE cur_time=0 AND messages=0");
    return added ? begun.commit() : added;
}

// An index that another version wrote is worth no more than a lost one.
Result<OpenedIndex> open_whole(const std::string& path) {
    auto database = Database::open(path);
    if (!database) return tl::unexpected(database.error());
    auto version = (*database)->number("PRAGMA user_version");
    if (!version) return tl::unexpected(version.error());
    if (*version != 0 && *version != kSchema) return fail(Errc::data, path + ": is of another version");
    constexpr bool kDurable = false;  // before the first change that is
    auto begun = Transaction::begin(**database, kDurable);
    if (!begun) return tl::unexpected(begun.error());
    auto tables = (*database)->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tl::unexpected(tables.error());
    if (*version == kSchema) {
        // One page of each table is looked at: a cut file shows here, not in the middle of a session.
        auto known = (*database)->number("SELECT count(*) FROM mailbox");
        if (!known) return tl::unexpected(known.error());
        if (auto added = add_seen_table(**database, *begun); !added) return tl::unexpected(added.error());
        return OpenedIndex{std::move(*database), false};
    }
    if (*tables != 0) return fail(Errc::data, path + ": is no index");
    auto made = (*database)->execute(kTables);
    if (made) made = (*database)->execute(kSeenTable);
    if (made) made = (*database)->execute("PRAGMA user_version=" + std::to_string(kSchema));
    if (made) made = note_index_file(**database, path);
    if (made) made = begun->commit();
    if (!made) return tl::unexpected(made.error());
    return OpenedIndex{std::move(*database), true};
}

std::string condemned_name(const std::string& path) {
    return path + ".condemned";
}

Result<void> set_aside(const std::string& path) {
    if (::rename(path.c_str(), (path + ".broken").c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, path);
    for (const char* rest : {"-wal", "-shm", "-journal", ".condemned"})
        ::unlink((path + rest).c_str());
    return {};
}

}  // namespace

Result<OpenedIndex> open_index(const std::string& path) {
    if (::access(condemned_name(path).c_str(), F_OK) == 0) {
        if (auto moved = set_aside(path); !moved) return tl::unexpected(moved.error());
    }
    // Without its database a log would be applied to the next one.
    if (::access(path.c_str(), F_OK) != 0) ::unlink((path + "-wal").c_str());
    auto opened = open_whole(path);
    if (opened || opened.error().kind != Errc::data) return opened;
    if (auto moved = set_aside(path); !moved) return tl::unexpected(moved.error());
    return open_whole(path);
}

void condemn_index(const std::string& path) {
    store::Fd mark(::open(condemned_name(path).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

}  // namespace mailpipe::index
