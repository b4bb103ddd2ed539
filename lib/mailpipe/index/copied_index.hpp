#pragma once

#include <cstdint>
#include <string>

#include "mailpipe/index/database.hpp"

// An index that was restored from a backup knows less than clients were told: its UIDs and MODSEQs would be given once more.
// The file says in itself which one it is, by its inode and the time of its birth where the file system knows one; and since
// a file can be overwritten, too, both it and the account's lock hold a number that is another one whenever the account is
// opened or closed.
namespace mailpipe::index {

enum class IndexFile { known, unknown, copied };  // unknown: it says nothing yet

// Of the database that is open at `path`; `lock` is open for reading and writing.
Result<IndexFile> judge_index_file(Database& database, const std::string& path, int lock);
// From now on this file is the one. Part of a change.
Result<void> note_index_file(Database& database, const std::string& path);

// Gives both another number, in this order and with its own change in between. A crash leaves the two in agreement.
class IndexRun {
 public:
    explicit IndexRun(int lock) : lock_(lock) {}
    Result<void> begin(Database& database);  // part of a change that need not be durable
    void end();                              // after it

 private:
    int lock_;
    std::int64_t number_ = 0;
};

}  // namespace mailpipe::index
