#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {

// Memory that all messages in flight share; beyond it they go to files.
struct SpoolBudget {
    std::atomic<std::size_t> used = 0;
};

// A message as it comes in: up to kSpoolMemory in memory, beyond that in a file of the store's root that has no
// name, so that a killed server leaves nothing behind. Nothing here is durable: a message counts when it is in
// its mailboxes.
class SpooledMessage {
 public:
    SpooledMessage(std::string directory, SpoolBudget& budget)
        : directory_(std::move(directory)), budget_(budget) {}
    ~SpooledMessage();
    SpooledMessage(const SpooledMessage&) = delete;
    SpooledMessage& operator=(const SpooledMessage&) = delete;

    // Errors: io, cannot_create; the same again on every later call.
    Result<void> append(std::string_view crlf_text);
    // Offset and length of what is not read later; ascending, not overlapping. Once the message is complete.
    void leave_out(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges);
    std::uint64_t size() const { return size_ - left_out_octets_; }

    // Hands the text to `take` in pieces, until that fails. From any thread once the message is complete.
    Result<void> read(const std::function<Result<void>(std::string_view)>& take) const;

 private:
    using Take = std::function<Result<void>(std::string_view)>;
    Result<void> spill();
    Result<void> give(std::string_view piece, std::uint64_t at, const Take& take) const;

    std::string directory_;
    SpoolBudget& budget_;
    std::string memory_;
    store::Fd file_;
    std::uint64_t size_ = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> left_out_;
    std::uint64_t left_out_octets_ = 0;
    std::optional<Error> error_;
};

inline constexpr std::size_t kSpoolMemory = 256 * 1024;  // of one message
inline constexpr std::size_t kSpoolMemoryOfAll = 8 * 1024 * 1024;

}  // namespace mailpipe::app::serve
