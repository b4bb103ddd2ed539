#include "mailpipe/index/account_core.hpp"

#include <algorithm>
#include <ctime>

namespace mailpipe::index {

Result<std::uint32_t> next_uid_validity(Database& database) {
    auto last = database.number("SELECT value FROM setting WHERE name='uid_validity'");
    if (!last) return tl::unexpected(last.error());
    const auto next = static_cast<std::uint32_t>(std::max<std::int64_t>(std::time(nullptr), *last + 1));
    if (auto noted = note_uid_validity(database, next); !noted) return tl::unexpected(noted.error());
    return next;
}

Result<void> note_uid_validity(Database& database, std::uint32_t uid_validity) {
    auto query = database.query(
        "INSERT INTO setting VALUES('uid_validity',?) ON CONFLICT(name) DO UPDATE SET "
        "value=max(value,excluded.value)");
    if (!query) return tl::unexpected(query.error());
    return query->run(uid_validity);
}

}  // namespace mailpipe::index
