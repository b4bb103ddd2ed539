#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::store {

// An append-only file of records under a kernel lock (OFD), each line "CRC32 RECORD\n"; a torn or foreign tail
// is cut off at open. Records are single lines. Compaction replaces the file atomically.
class Journal {
 public:
    // Errors: temporary when another process holds the lock ("is in use by another mail-fetch"), cannot_create,
    // io.
    static Result<std::unique_ptr<Journal>> open(const std::string& path);
    virtual ~Journal() = default;

    virtual const std::vector<std::string>& records() const = 0;               // as read at open
    virtual Result<void> append(const std::vector<std::string>& records) = 0;  // written, not yet durable
    virtual Result<void> sync() = 0;
    virtual Result<void> replace(const std::vector<std::string>& records) = 0;  // atomic and durable
};

}  // namespace mailpipe::store
