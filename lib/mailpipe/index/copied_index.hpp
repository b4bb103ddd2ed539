#pragma once

#include <string>

#include "mailpipe/index/database.hpp"

// An index that was restored from a backup knows less than clients were told: its UIDs and MODSEQs would be given once more.
// The file says in itself which one it is, by its inode and the time of its birth where the file system knows one.
namespace mailpipe::index {

enum class IndexFile { known, unknown, copied };  // unknown: it says nothing yet

// Of the database that is open at `path`.
Result<IndexFile> judge_index_file(Database& database, const std::string& path);
// From now on this file is the one. Part of a change.
Result<void> note_index_file(Database& database, const std::string& path);

}  // namespace mailpipe::index
