#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// How much mail a user may have (RFC 5321 section 4.5.3.1.9 and RFC 3463: X.2.2): the sizes of the messages in a Maildir and
// its folders, as the file system has them. From any thread.
class Quota {
 public:
    // Whether a message of so many octets fits into the mailbox as well, when it may have `limit`. Counts it where that was done more than kFresh ago,
    // or when it would not fit: its user may have made room. One that does not exist is empty. Error io. Reads the disk: not
    // for the loop's thread.
    Result<bool> fits(const std::string& mailbox, std::uint64_t octets, std::uint64_t limit);
    // It was delivered.
    void add(const std::string& mailbox, std::uint64_t octets);

    static constexpr std::chrono::seconds kFresh{60};

 private:
    struct Usage {
        std::uint64_t octets = 0;
        std::chrono::steady_clock::time_point counted;
    };
    std::mutex mutex_;
    std::map<std::string, Usage> usages_;  // as many as there are users
};

struct Config;

// Why a message of so many octets is not taken for these users: --over-quota says whether for good (552 5.2.2, else 452
// 4.2.2); nothing where it is. Reads the disk.
std::optional<smtp::Reply> quota_refusal(Quota& quota, const Config& config,
                                         const std::vector<std::string>& users, std::uint64_t octets);

// The octets of all messages of a Maildir with its folders, or of an mbox; error io.
Result<std::uint64_t> count_octets(const std::string& mailbox);

}  // namespace mailpipe::app::serve
