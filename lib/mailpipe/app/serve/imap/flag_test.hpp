#pragma once

#include <cstdint>
#include <optional>

#include "mailpipe/email/search.hpp"
#include "mailpipe/index/snapshot.hpp"

namespace mailpipe::app::serve {

// A search for nothing but flags, "UNSEEN UNDELETED KEYWORD $Work", as masks: some hundred times as quick as asking key by
// key, and what clients ask all day.
struct FlagTest {
    std::uint8_t flags = 0, wanted_flags = 0;
    std::uint64_t keywords = 0, wanted_keywords = 0;
    bool never = false;  // a keyword is wanted that the mailbox has not

    bool holds(const index::Message& message) const {
        return !never && (message.flags & flags) == wanted_flags &&
               (message.keywords & keywords) == wanted_keywords;
    }
};

// nullopt: it is another kind of search.
std::optional<FlagTest> flag_test_of(const email::Query& query, const index::Snapshot& snapshot);

}  // namespace mailpipe::app::serve
