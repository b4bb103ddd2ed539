#include "mailpipe/app/serve/imap/flag_set.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

std::uint8_t system_flag(std::string_view name) {
    struct Named {
        std::string_view name;
        index::Flag flag;
    };
    static constexpr Named kNames[] = {{"\\answered", index::kAnswered},
                                       {"\\flagged", index::kFlagged},
                                       {"\\deleted", index::kDeleted},
                                       {"\\seen", index::kSeen},
                                       {"\\draft", index::kDraft}};
    for (const Named& one : kNames)
        if (ascii::equals_ignore_case(one.name, name)) return one.flag;
    return 0;
}

}  // namespace

index::FlagSet make_flag_set(const std::vector<std::string>& flags) {
    index::FlagSet set;
    for (const std::string& flag : flags) {
        if (flag.starts_with('\\')) {
            set.flags |= system_flag(flag);
        } else {
            set.keywords.push_back(flag);
        }
    }
    return set;
}

std::uint8_t allowed_system_flags(const Rights& rights) {
    std::uint8_t may = 0;
    if (rights.keep_seen()) may |= index::kSeen;
    if (rights.mark_deleted()) may |= index::kDeleted;
    if (rights.write()) may |= index::kAnswered | index::kFlagged | index::kDraft;
    return may;
}

index::FlagSet allowed_flags(index::FlagSet flags, const Rights& rights) {
    flags.flags &= allowed_system_flags(rights);
    if (!rights.write()) flags.keywords.clear();
    return flags;
}

bool is_empty(const index::FlagSet& flags) {
    return flags.flags == 0 && flags.keywords.empty();
}

}  // namespace mailpipe::app::serve
