#include "mailpipe/index/account_core.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::index {
namespace {

constexpr const char* kUidValidity = "/mailpipe-uidvalidity";

// 0 where there is none that can be read.
std::uint32_t read_uid_validity(const AccountCore& core) {
    auto text = store::read_whole(AT_FDCWD, core.path + kUidValidity, core.path);
    const auto number = text ? ascii::parse_number(text->substr(0, text->find('\n'))) : std::nullopt;
    return number && *number <= 0xFFFFFFFF ? static_cast<std::uint32_t>(*number) : 0;
}

Result<void> write_uid_validity(const AccountCore& core, std::uint32_t uid_validity) {
    const std::string name = core.path + kUidValidity, made = name + ".new";
    auto written = store::create_file_at(AT_FDCWD, made, std::to_string(uid_validity) + "\n", made);
    if (!written) return written;
    if (std::rename(made.c_str(), name.c_str()) != 0) return fail_errno(errno, name);
    auto directory = store::open_directory_at(AT_FDCWD, core.path, core.path);
    return directory ? store::sync_file(directory->get(), core.path) : tl::unexpected(directory.error());
}

Result<std::int64_t> last_uid_validity(Database& database) {
    return database.number("SELECT value FROM setting WHERE name='uid_validity'");
}

}  // namespace

Result<std::uint32_t> next_uid_validity(Database& database, const AccountCore& core) {
    auto last = last_uid_validity(database);
    if (!last) return tl::unexpected(last.error());
    const std::int64_t given = std::max<std::int64_t>(*last, read_uid_validity(core));
    const auto next = static_cast<std::uint32_t>(std::max<std::int64_t>(std::time(nullptr), given + 1));
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

Result<void> keep_uid_validity(AccountCore& core) {
    auto last = core.read(last_uid_validity);
    if (!last) return tl::unexpected(last.error());
    return *last > read_uid_validity(core) ? write_uid_validity(core, static_cast<std::uint32_t>(*last))
                                           : Result<void>{};
}

}  // namespace mailpipe::index
