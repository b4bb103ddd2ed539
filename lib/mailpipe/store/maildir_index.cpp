#include "mailpipe/store/maildir_index.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::store {
namespace {

constexpr int kMicrosecondBits = 20;
constexpr std::uint64_t kMostMicroseconds = (std::uint64_t{1} << kMicrosecondBits) - 1;
constexpr std::uint64_t kMostSeconds = UINT64_MAX >> kMicrosecondBits;

// Takes the digits at the start of `text`: "" or more than fit are nullopt.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t most_digits) {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && digits <= most_digits && ascii::is_digit(text[digits]); ++digits)
        value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    text.remove_prefix(digits);
    return digits == 0 || digits > most_digits ? std::nullopt : std::optional(value);
}

// Orders as arrival_key() does but for ties. Names of other programs may hold any number.
std::uint64_t packed_arrival(std::string_view base) {
    // As nearly all names are, SECONDS.MMICROSECONDS..., without a look at the rest of each of them.
    std::string_view rest = base;
    const auto plain_seconds = take_number(rest, 10);
    if (plain_seconds && rest.starts_with(".M")) {
        rest.remove_prefix(2);
        if (const auto plain_microseconds = take_number(rest, 6))
            return *plain_seconds << kMicrosecondBits | std::min(*plain_microseconds, kMostMicroseconds);
    }
    const auto [seconds, microseconds, number, name] = arrival_key(base);
    if (seconds > kMostSeconds) return UINT64_MAX;
    return seconds << kMicrosecondBits | std::min(microseconds, kMostMicroseconds);
}

// Whether it is a regular file; one that is gone is not.
Result<bool> is_file(int directory, const struct dirent& entry, const std::string& path) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
    struct stat info {};
    if (::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) return S_ISREG(info.st_mode);
    if (errno == ENOENT) return false;
    return fail_errno(errno, path);
}

}  // namespace

Result<std::shared_ptr<const MaildirIndex>> MaildirIndex::scan(const std::array<Fd, 2>& directories,
                                                               const std::string& path) {
    auto index = std::make_shared<MaildirIndex>();
    // new/ first: what moves to cur/ meanwhile is met twice rather than never.
    for (const MaildirPlace place : {kNew, kCur}) {
        if (auto scanned = index->scan_directory(directories[place], place, path); !scanned)
            return tl::unexpected(scanned.error());
    }
    index->sort();
    return index;
}

Result<void> MaildirIndex::scan_directory(const Fd& directory, MaildirPlace place, const std::string& path) {
    const int fd = open_at(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(errno, path);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
    if (!stream) {
        const int error = errno;
        ::close(fd);
        return fail_errno(error, path);
    }
    while (true) {
        errno = 0;
        const struct dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (!is_plain_name(name) || base_of(name).empty()) continue;
        const auto counts = is_file(fd, *entry, path);
        if (!counts) return tl::unexpected(counts.error());
        if (!*counts) continue;
        if (names_.size() + name.size() > UINT32_MAX)
            return fail(Errc::limit, path + ": has more file names than fit into 4 GiB");
        add(name, place);
    }
    if (errno != 0) return fail_errno(errno, path);
    return {};
}

void MaildirIndex::add(std::string_view name, MaildirPlace place) {
    rows_.push_back({packed_arrival(base_of(name)), static_cast<std::uint32_t>(names_.size()),
                     static_cast<std::uint16_t>(name.size()), place});
    names_ += name;
}

void MaildirIndex::sort() {
    const auto id = [this](const Row& row) { return base_of(name(row)); };
    std::sort(rows_.begin(), rows_.end(), [id](const Row& a, const Row& b) {
        if (a.arrival != b.arrival) return a.arrival < b.arrival;
        const auto a_key = arrival_key(id(a));
        const auto b_key = arrival_key(id(b));
        // cur/ first: there it went.
        return std::tie(a_key, b.place) < std::tie(b_key, a.place);
    });
    const auto is_same = [id](const Row& a, const Row& b) { return a.arrival == b.arrival && id(a) == id(b); };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), is_same), rows_.end());
}

Entry MaildirIndex::entry(std::size_t index) const {
    const std::string_view file = name(rows_[index]);
    const std::string_view id = base_of(file);
    return {std::string(id), parse_flags(file), crlf_size_of(id)};
}

std::optional<std::size_t> MaildirIndex::find(std::string_view id) const {
    const std::uint64_t arrival = packed_arrival(id);
    const auto found = std::lower_bound(rows_.begin(), rows_.end(), id,
                                        [this, arrival](const Row& row, std::string_view wanted) {
                                            if (row.arrival != arrival) return row.arrival < arrival;
                                            return arrival_key(base_of(name(row))) < arrival_key(wanted);
                                        });
    if (found == rows_.end() || base_of(name(*found)) != id) return std::nullopt;
    return static_cast<std::size_t>(found - rows_.begin());
}

MaildirFile MaildirIndex::file(std::size_t index) const {
    return {rows_[index].place, std::string(name(rows_[index]))};
}

}  // namespace mailpipe::store
