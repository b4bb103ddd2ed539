#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "mailpipe/base/error.hpp"

// A thin layer over SQLite. Nothing here is safe from two threads at once.
namespace mailpipe::index {

struct Blob {
    std::string_view octets;
};

class Database;

// A prepared statement, lent by its Database until destroyed. Parameters are bound by run() and start() in their order;
// what they point to must live until the statement ends.
class Query {
 public:
    Query(Database* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
    Query(Query&& other) noexcept : database_(other.database_), statement_(other.statement_) {
        other.statement_ = nullptr;
    }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { reset(); }

    template <class... Values>
    Query& start(const Values&... values) {
        reset();
        return more(values...);
    }
    // Behind what was bound since start().
    template <class... Values>
    Query& more(const Values&... values) {
        (bind(++bound_, values), ...);
        return *this;
    }
    // For a statement without rows.
    template <class... Values>
    Result<void> run(const Values&... values) {
        auto stepped = start(values...).step();
        reset();
        if (!stepped) return tl::unexpected(stepped.error());
        return {};
    }
    Result<bool> step();  // whether there is a row
    void reset();

    // Columns of the row; views until the next step.
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::string_view text(int column) const;

 private:
    void bind(int at, std::string_view text);
    void bind(int at, Blob blob);
    void bind(int at, std::nullptr_t) { sqlite3_bind_null(statement_, at); }
    template <class Value>
    void bind(int at, const std::optional<Value>& value) {
        value ? bind(at, *value) : bind(at, nullptr);
    }
    template <class Integer>
    std::enable_if_t<std::is_integral_v<Integer>> bind(int at, Integer value) {
        sqlite3_bind_int64(statement_, at, static_cast<std::int64_t>(value));
    }

    Database* database_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

class Database {
 public:
    // Made where it is missing. A commit is durable when it returns, with all before it. Errors: data for
    // a file that is none or is broken; io ("PATH: No space left on device"), cannot_create.
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    // `sql` lives as long as the program: the statement is kept and found again by it.
    Result<Query> query(const char* sql);
    Result<void> execute(const std::string& sql);
    Result<std::int64_t> number(const char* sql);  // of the first column of the first row
    std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
    int changes() const { return sqlite3_changes(handle_); }
    // Pages that are kept in case that they are wanted again.
    void release_memory();
    // Else the next transactions need not be durable when they are committed, only whole; and as long as none was, not even
    // that.
    Result<void> set_durable(bool durable);

    Fail failure(int code) const;

 private:
    Database(std::string path, sqlite3* handle, bool made)
        : path_(std::move(path)), handle_(handle), syncs_(made ? Syncs::none : Syncs::all) {}
    Result<void> sync_file();

    std::string path_;
    sqlite3* handle_;
    enum class Syncs { none, whole, all };
    Syncs syncs_;
    std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

// Rolls back what was not committed.
class Transaction {
 public:
    static Result<Transaction> begin(Database& database, bool durable = true);
    Transaction(Transaction&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    Result<void> commit();

 private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace mailpipe::index
