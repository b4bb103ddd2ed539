#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

// THREAD of RFC 5256 sections 3 and 5.
namespace mailpipe::email {

enum class ThreadAlgorithm { ordered_subject, references };

// "REFERENCES" or "ORDEREDSUBJECT", any case. Error usage.
MAILPIPE_EXPORT Result<ThreadAlgorithm> parse_thread_algorithm(std::string_view name);
std::string_view encode_thread_algorithm(ThreadAlgorithm algorithm);  // in upper case

// What a message is threaded by.
struct ThreadFacts {
    std::string message_id;               // without brackets; empty: none
    std::vector<std::string> references;  // References, or the first of In-Reply-To when that has none
    std::string subject;                  // the base subject in the form of casemap()
    bool reply_or_forward = false;
    std::int64_t sent = 0;  // seconds since the epoch
};
MAILPIPE_EXPORT ThreadFacts thread_facts(std::string_view header, std::int64_t received_at);

// An entry of the forest in its order of display, each behind what it hangs from.
struct ThreadEntry {
    static constexpr std::size_t kNoMessage = SIZE_MAX;
    std::size_t message = kNoMessage;  // index into the facts; kNoMessage: siblings whose parent is not there
    std::size_t depth = 0;             // 0: a thread of its own
    bool operator==(const ThreadEntry&) const = default;
};

// Time n log n, and no recursion: a chain of replies may be as long as the mailbox.
MAILPIPE_EXPORT std::vector<ThreadEntry> thread(ThreadAlgorithm algorithm,
                                                const std::vector<ThreadFacts>& messages);

// As the THREAD response has it, "(2)(3 6 (4 23)(44 7 96))"; `numbers` are those of the messages.
MAILPIPE_EXPORT std::string encode_threads(const std::vector<ThreadEntry>& entries,
                                           const std::vector<std::uint32_t>& numbers);

}  // namespace mailpipe::email
