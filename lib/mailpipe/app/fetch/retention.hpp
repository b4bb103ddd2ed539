#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

// Which messages go from the server. Only one that is safe here ever goes.
namespace mailpipe::app {

// A number, or a share of the messages on the server.
struct DeleteLimit {
    std::uint64_t number = 0;
    bool percent = false;
};

// A rule that keeps is stronger: with --delete-after and --keep-newest a message goes when it is old enough and
// not among the newest. --delete-removed is independent of the others. Without any rule all stay.
struct Retention {
    bool remove = false;                       // --delete: what no rule below keeps
    std::optional<std::int64_t> remove_after;  // --delete-after: seconds since it was delivered here
    bool remove_removed = false;               // --delete-removed: what was removed from its destination
    std::optional<std::uint64_t> keep_newest;  // --keep-newest: so many messages
    std::optional<std::uint64_t> keep_size;    // --keep-size: the newest that have so many octets together
    std::optional<DeleteLimit> limit;          // --max-delete: more than that, and none goes

    bool any() const { return by_rule() || remove_removed; }
    // Any rule but --delete-removed.
    bool by_rule() const { return remove || remove_after || keep_newest || keep_size; }
    // All that is safe goes, whatever it is.
    bool all() const { return remove && !remove_after && !keep_newest && !keep_size; }
};

// A message on the server.
struct Retained {
    std::uint64_t size = 0;
    // When it was delivered here, seconds since 1970; nullopt: not yet, or that is not known.
    std::optional<std::int64_t> delivered_at;
    bool removed_here = false;
};

// Whether each of `messages`, oldest first, is to go once it is safe.
std::vector<bool> judge_retention(const Retention& rules, const std::vector<Retained>& messages,
                                  std::int64_t now);

// Whether so many of `listed` messages may go. Error limit, which says how many were to go.
Result<void> check_delete_limit(const Retention& rules, std::uint64_t going, std::uint64_t listed);

// "20%" or "500". Error usage.
MAILPIPE_EXPORT Result<DeleteLimit> parse_delete_limit(const std::string& text);
// "90s", "15m", "12h", "14d", "2w": seconds. Error usage.
MAILPIPE_EXPORT Result<std::int64_t> parse_duration(const std::string& text);
// "1000", "500k", "500M", "2G": octets, by powers of 1024. Error usage.
MAILPIPE_EXPORT Result<std::uint64_t> parse_size(const std::string& text);

}  // namespace mailpipe::app
