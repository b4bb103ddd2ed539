#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/index/message.hpp"

namespace mailpipe::app::serve {

// The system flags by the names that searches and JMAP have for them.
inline constexpr std::array<std::pair<std::string_view, index::Flag>, 5> kSystemFlags{
    {{"$seen", index::kSeen},
     {"$answered", index::kAnswered},
     {"$flagged", index::kFlagged},
     {"$deleted", index::kDeleted},
     {"$draft", index::kDraft}}};

// 0: it is none of them. In any case.
inline std::uint8_t system_flag_of(std::string_view name) {
    for (const auto& [known, flag] : kSystemFlags)
        if (ascii::equals_ignore_case(name, known)) return flag;
    return 0;
}

}  // namespace mailpipe::app::serve
