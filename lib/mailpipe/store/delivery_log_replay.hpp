#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/delivery_log_record.hpp"

namespace mailpipe::store {

// Puts the messages of a delivery log in place in the Maildirs below a root: one that is there whole, in new/ or under
// flags in cur/, is left alone; one that is there in part is written again; one that is missing, and was not removed,
// goes into new/. Nothing is durable before a syncfs.
class Replay {
 public:
    explicit Replay(std::string root) : root_(std::move(root)) {}

    void add(const LogRecord& record);  // what it refers to outlives run()
    bool empty() const { return messages_.empty(); }
    // Error io.
    Result<void> run();

 private:
    struct Mailbox;
    Result<void> place(Mailbox& mailbox, const LogRecord& record);

    std::string root_;
    std::vector<LogRecord> messages_;
    std::unordered_set<std::string> removed_;
};

}  // namespace mailpipe::store
