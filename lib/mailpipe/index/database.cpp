#include "mailpipe/index/database.hpp"

#include <fcntl.h>

#include <cerrno>

#include "mailpipe/store/file.hpp"

namespace mailpipe::index {
namespace {

// What a page takes in memory is there for each account that is open.
constexpr const char* kSetUp =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA wal_autocheckpoint=2000;"
    "PRAGMA journal_size_limit=16777216;"
    "PRAGMA cache_size=-4000;"
    "PRAGMA secure_delete=OFF;"  // Debian's default is to write zeros over what is deleted
    "PRAGMA temp_store=MEMORY;";

}  // namespace

std::string_view Query::text(int column) const {
    const auto* octets = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    if (octets == nullptr) return {};
    return {octets, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::bind(int at, std::string_view text) {
    // An empty view may point nowhere, which SQLite would take for NULL.
    const char* octets = text.data() == nullptr ? "" : text.data();
    sqlite3_bind_text64(statement_, at, octets, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Query::bind(int at, Blob blob) {
    const char* octets = blob.octets.data() == nullptr ? "" : blob.octets.data();
    sqlite3_bind_blob64(statement_, at, octets, blob.octets.size(), SQLITE_STATIC);
}

void Query::reset() {
    if (statement_ == nullptr) return;
    bound_ = 0;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Result<bool> Query::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return database_->failure(code);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    sqlite3* handle = nullptr;
    // The file is its owner's alone from the start, and what stands beside it has the same mode.
    const bool made(store::Fd(
        store::open_at(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)));
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                      SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    std::unique_ptr<Database> database(new Database(path, handle, made));
    if (code != SQLITE_OK) return database->failure(code);
    sqlite3_busy_timeout(handle, 500);
    // Accounts are many and statements few: what SQLite sets apart by default is more than what it is for.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 256, 32);
    // What is in the file is not trusted to be what was written there.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // Each step of making one would be synced. There is nothing in it to be lost before the first that is to be durable.
    // The lock first: no shared memory, whose truncation by another would be a SIGBUS here.
    auto set = database->execute("PRAGMA locking_mode=EXCLUSIVE");
    if (set) set = database->execute(made ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL");
    if (set) set = database->execute(kSetUp);
    if (!set) return tl::unexpected(set.error());
    return database;
}

Database::~Database() {
    for (const auto& [sql, statement] : statements_)
        sqlite3_finalize(statement);
    sqlite3_close_v2(handle_);
}

Result<Query> Database::query(const char* sql) {
    auto& statement = statements_[sql];
    if (statement == nullptr) {
        const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return failure(code);
    }
    return Query(this, statement);
}

Result<void> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(code);
    return {};
}

Result<std::int64_t> Database::number(const char* sql) {
    auto asked = query(sql);
    if (!asked) return tl::unexpected(asked.error());
    auto row = asked->step();
    if (!row) return tl::unexpected(row.error());
    return *row ? asked->integer(0) : 0;
}

void Database::release_memory() {
    sqlite3_db_release_memory(handle_);
}

// SQLite would take an empty file for one whose log is of no use. The log and the directory it syncs at the next commit.
Result<void> Database::sync_file() {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? Result<void>{} : failure(code);
}

Result<void> Database::set_durable(bool durable) {
    const Syncs wanted = durable ? Syncs::all : Syncs::whole;
    if (wanted == syncs_ || (syncs_ == Syncs::none && !durable)) return {};
    if (syncs_ == Syncs::none) {
        if (auto synced = sync_file(); !synced) return synced;
    }
    auto set = execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    if (set) syncs_ = wanted;
    return set;
}

Fail Database::failure(int code) const {
    const int system_error = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return fail_errno(ENOSPC, path_);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return fail(Errc::data, path_ + ": the index is broken");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail(Errc::unavailable, path_ + ": is in use by another process");
        case SQLITE_CANTOPEN:
            return fail_errno(system_error != 0 ? system_error : EACCES, path_, true);
        case SQLITE_READONLY:
            return fail_errno(EACCES, path_, true);
        case SQLITE_IOERR:
            return fail_errno(system_error != 0 ? system_error : EIO, path_);
        default:
            break;
    }
    const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
    return fail(Errc::io, path_ + ": " + text);
}

Result<Transaction> Transaction::begin(Database& database, bool durable) {
    if (auto set = database.set_durable(durable); !set) return tl::unexpected(set.error());
    auto begun = database.query("BEGIN IMMEDIATE");
    if (!begun) return tl::unexpected(begun.error());
    if (auto ran = begun->run(); !ran) return tl::unexpected(ran.error());
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    if (auto rolled_back = database_->query("ROLLBACK")) {
        [[maybe_unused]] const auto ran = rolled_back->run();
    }
}

Result<void> Transaction::commit() {
    auto committed = database_->query("COMMIT");
    if (!committed) return tl::unexpected(committed.error());
    auto ran = committed->run();
    if (ran) database_ = nullptr;
    return ran;
}

}  // namespace mailpipe::index
