#include "mailpipe/app/serve/imap/flag_test.hpp"

#include "mailpipe/app/serve/imap/system_flags.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/search_key.hpp"

namespace mailpipe::app::serve {
namespace {

using Kind = email::SearchKey::Kind;

void add_flag(FlagTest& test, std::uint8_t flag, bool wanted) {
    const std::uint8_t value = wanted ? flag : 0;
    if ((test.flags & flag) != 0 && (test.wanted_flags & flag) != value) test.never = true;
    test.flags |= flag;
    test.wanted_flags |= value;
}

void add_keyword(FlagTest& test, std::optional<std::size_t> bit, bool wanted) {
    if (!bit) {
        test.never |= wanted;
        return;
    }
    const std::uint64_t mask = std::uint64_t{1} << *bit;
    const std::uint64_t value = wanted ? mask : 0;
    if ((test.keywords & mask) != 0 && (test.wanted_keywords & mask) != value) test.never = true;
    test.keywords |= mask;
    test.wanted_keywords |= value;
}

bool add(FlagTest& test, const email::SearchKey& key, const index::Snapshot& snapshot) {
    if (key.kind == Kind::all) return true;
    if (key.kind == Kind::keyword) {
        if (const std::uint8_t flag = system_flag_of(key.name); flag != 0) {
            add_flag(test, flag, key.wanted);
        } else {
            add_keyword(test, snapshot.keyword(key.name), key.wanted);
        }
        return true;
    }
    if (key.kind != Kind::and_) return false;
    for (const email::Query& child : key.children)
        if (!add(test, *child, snapshot)) return false;
    return true;
}

}  // namespace

std::optional<FlagTest> flag_test_of(const email::Query& query, const index::Snapshot& snapshot) {
    FlagTest test;
    return add(test, *query, snapshot) ? std::optional(test) : std::nullopt;
}

}  // namespace mailpipe::app::serve
