#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::store {

// An append-only file of records under a kernel lock (OFD), each line "CRC32 RECORD\n"; a torn or foreign tail
// is cut off at open. Records are single lines of at most 1 MiB. Compaction replaces the file atomically. The
// file is never whole in memory.
class Journal {
 public:
    using Use = std::function<void(std::string_view record)>;
    // Hands each record to `sink`, in order. After an error nothing is written.
    using Produce = std::function<Result<void>(const Use& sink)>;
    // Whether the first and the last record of a file that is whole at its end say enough.
    using Glance = std::function<bool(std::string_view first, std::string_view last)>;

    // Hands each record that is there to `use`, valid until it returns; none where `glance` is content, and then the
    // time does not grow with the file. Errors: temporary when another process holds the lock for longer than `wait`
    // ("is in use by another mail-fetch"), cannot_create, io.
    static Result<std::unique_ptr<Journal>> open(const std::string& path, const Use& use,
                                                 std::chrono::milliseconds wait = std::chrono::milliseconds(0),
                                                 const Glance& glance = {});
    // The valid records of a file that another process may hold and write to. Errors: not_found, io.
    static Result<void> read_file(const std::string& path, const Use& use);
    virtual ~Journal() = default;

    // Written, not yet durable; all of them or, after an error, none. Error usage: a record that cannot be one.
    virtual Result<void> append(const Produce& produce) = 0;
    virtual Result<void> sync() = 0;
    // All records once more, in order. What replace() writes may be produced from it.
    virtual Result<void> read(const Use& use) const = 0;
    virtual Result<void> replace(const Produce& produce) = 0;  // atomic and durable

    Result<void> append(const std::vector<std::string>& records) { return append(each_of(records)); }
    Result<void> replace(const std::vector<std::string>& records) { return replace(each_of(records)); }

 private:
    static Produce each_of(const std::vector<std::string>& records) {
        return [&records](const Use& sink) {
            for (const std::string& record : records)
                sink(record);
            return Result<void>{};
        };
    }
};

}  // namespace mailpipe::store
