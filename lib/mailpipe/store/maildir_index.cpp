#include "mailpipe/store/maildir_index.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <tuple>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::store {
namespace {

constexpr int kMicrosecondBits = 20;
constexpr std::uint64_t kMostMicroseconds = (std::uint64_t{1} << kMicrosecondBits) - 1;
constexpr std::uint64_t kMostSeconds = UINT64_MAX >> kMicrosecondBits;

// Takes the digits at the start of `text`: "" or more than `most_digits` are nullopt.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t most_digits) {
    std::uint64_t value = 0;
    const char* at = text.data();
    const char* const end = at + std::min(text.size(), most_digits + 1);
    for (; at != end && ascii::is_digit(*at); ++at)
        value = value * 10 + static_cast<std::uint64_t>(*at - '0');
    const auto digits = static_cast<std::size_t>(at - text.data());
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
Result<bool> is_file(int directory, const struct dirent64& entry, const std::string& path) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
    struct stat info {};
    if (::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) return S_ISREG(info.st_mode);
    if (errno == ENOENT) return false;
    return fail_errno(errno, path);
}

// As is_plain_name(), of what the kernel gives, which has no "/" and no NUL; and nothing before a colon is no id.
bool is_message_name(std::string_view name) {
    return name.size() <= 255 && name[0] != '.' && name[0] != ':' &&
           name.find('\n') == std::string_view::npos && name.find('\r') == std::string_view::npos;
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
    const Fd fd(open_at(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, path);
    constexpr std::size_t kPiece = 64 * 1024;
    const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
    while (true) {
        const ssize_t size = ::getdents64(fd.get(), piece.get(), kPiece);
        // The directory was removed meanwhile, and is empty.
        if (size == 0 || (size < 0 && errno == ENOENT)) return {};
        if (size < 0) return fail_errno(errno, path);
        for (const char* at = piece.get(); at != piece.get() + size;) {
            const auto* const entry = reinterpret_cast<const struct dirent64*>(at);
            at += entry->d_reclen;
            const std::string_view name = entry->d_name;
            if (!is_message_name(name)) continue;
            const auto counts = is_file(fd.get(), *entry, path);
            if (!counts) return tl::unexpected(counts.error());
            if (*counts && !add(name, place))
                return fail(Errc::limit, path + ": has more file names than fit into 4 GiB");
        }
    }
}

bool MaildirIndex::add(std::string_view name, MaildirPlace place) {
    constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
    if (names_.empty() || kBlock - block_used_ <= name.size()) {
        if (names_.size() == std::size_t{1} << (32 - kBlockBits)) return false;
        names_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
        block_used_ = 0;
    }
    *std::copy(name.begin(), name.end(), names_.back().get() + block_used_) = '\0';
    const std::size_t begin = ((names_.size() - 1) << kBlockBits) + block_used_;
    rows_.push_back({packed_arrival(base_of(name)), static_cast<std::uint32_t>(begin),
                     static_cast<std::uint16_t>(name.size()), place});
    block_used_ += name.size() + 1;
    return true;
}

// By digits from the lowest, of which most are the same for all messages. A directory has its names in the order of
// their hashes, with which a sort by comparisons takes five times as long, and nothing can be listed before it is done.
void MaildirIndex::sort_by_arrival() {
    constexpr unsigned kDigitBits = 11;
    constexpr std::uint64_t kMask = (1U << kDigitBits) - 1;
    std::uint64_t differing = 0;
    for (const Row& row : rows_)
        differing |= row.arrival ^ rows_.front().arrival;
    std::vector<Row> sorted;
    for (unsigned shift = 0; shift < 64; shift += kDigitBits) {
        if ((differing >> shift & kMask) == 0) continue;
        sorted.resize(rows_.size());
        std::array<std::size_t, kMask + 1> next{};
        for (const Row& row : rows_)
            ++next[row.arrival >> shift & kMask];
        std::exclusive_scan(next.begin(), next.end(), next.begin(), std::size_t{0});
        for (const Row& row : rows_)
            sorted[next[row.arrival >> shift & kMask]++] = row;
        rows_.swap(sorted);
    }
}

void MaildirIndex::sort() {
    sort_by_arrival();
    const auto id = [this](const Row& row) { return base_of(name(row)); };
    const auto comes_first = [id](const Row& a, const Row& b) {
        const auto a_key = arrival_key(id(a));
        const auto b_key = arrival_key(id(b));
        // cur/ first: there it went.
        return std::tie(a_key, b.place) < std::tie(b_key, a.place);
    };
    for (auto begin = rows_.begin(); begin != rows_.end();) {
        const auto end =
            std::find_if(begin, rows_.end(), [begin](const Row& row) { return row.arrival != begin->arrival; });
        if (end - begin > 1) std::sort(begin, end, comes_first);
        begin = end;
    }
    const auto is_same = [id](const Row& a, const Row& b) { return a.arrival == b.arrival && id(a) == id(b); };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), is_same), rows_.end());
}

Entry MaildirIndex::entry(std::size_t index) const {
    Entry entry;
    get(index, entry);
    return entry;
}

void MaildirIndex::get(std::size_t index, Entry& entry) const {
    const std::string_view file = name(rows_[index]);
    entry.id = base_of(file);
    entry.keywords.clear();
    add_flags(file, entry.keywords);
    entry.size = crlf_size_of(entry.id);
    entry.received_at.reset();
    entry.row = index;
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
