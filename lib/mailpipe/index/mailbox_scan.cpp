#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "mailpipe/index/former_uids.hpp"
#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/message_file.hpp"
#include "mailpipe/index/own_change.hpp"
#include "mailpipe/index/parallel.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::index {
namespace {

using std::chrono::steady_clock;

constexpr int kRounds = 8;                // as long as others change the Maildir at the same time
constexpr std::size_t kForAThread = 500;  // files, most of which only a stat is made of
constexpr auto kRetry = std::chrono::seconds(5);
// What others did in the very moment in which this process renamed files is found after this time, or a hundred times
// what looking takes.
constexpr auto kMasked = std::chrono::seconds(30);

// Bits that the name of a file can say.
std::uint64_t said_by_letters(const KeywordNames& names) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool letter = i < kKeywordLetters && !names[i].empty();
        if (letter || parse_letters("P", names).keywords == std::uint64_t{1} << i)
            bits |= std::uint64_t{1} << i;
    }
    return bits;
}

std::string path_of(const store::MaildirFile& file) {
    return (file.place == store::kNew ? "new/" : "cur/") + file.name;
}

}  // namespace

struct MailboxImpl::Scan {
    std::shared_ptr<const store::MaildirIndex> index;
    std::vector<bool> seen;
    Change change;
    std::vector<std::pair<Uid, std::string>> missing;  // with the base
    struct Misnamed {
        Uid uid;
        std::string from, base, letters;
    };
    std::vector<Misnamed> misnamed;
    bool quiet = true;  // nothing changed meanwhile
    std::uint64_t said = 0;
    const Snapshot& before;
    bool any = false;

    Scan(const MailboxRow& row, const Snapshot& snapshot, std::shared_ptr<const store::MaildirIndex> files)
        : index(std::move(files)),
          seen(index->size()),
          change(row, snapshot),
          said(said_by_letters(row.keywords)),
          before(snapshot) {
        ++change.row.highest_modseq;
    }
};

Result<void> MailboxImpl::refresh() {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        auto refreshed = refresh_locked();
        if (!refreshed) return tl::unexpected(refreshed.error());
        changed = *refreshed;
    }
    if (changed) tell_changed();
    return {};
}

Result<MailboxImpl::Need> MailboxImpl::what_to_scan() {
    auto times = folder_->times();
    if (!times) return tl::unexpected(times.error());
    const auto now = steady_clock::now();
    Need need;
    need.all =
        dirty_ || missed_ || times->cur_time != row_.times.cur_time || row_.times.cur_time == 0 ||
        (!scanned_ && row_.settled_modseq < row_.highest_modseq) ||
        (!unrenamed_.empty() && now - last_try_ > kRetry) ||
        (masked_since_ && now - *masked_since_ > std::max<steady_clock::duration>(kMasked, 100 * last_scan_));
    need.new_only = !need.all && times->new_time != row_.times.new_time;
    return need;
}

Result<bool> MailboxImpl::refresh_locked() {
    bool changed = false;
    if (auto there = check_there(); !there) return tl::unexpected(there.error());
    for (int round = 0; round < kRounds; ++round) {
        auto need = what_to_scan();
        if (!need) return tl::unexpected(need.error());
        if (!need->all && !need->new_only) break;
        auto scanned = need->all ? scan_all() : take_new();
        if (!scanned) return scanned;
        changed = changed || *scanned;
        // No time can be given to these directories: one look must do.
        if (row_.times.cur_time == 0 || row_.times.new_time == 0) break;
    }
    return changed;
}

Result<bool> MailboxImpl::scan_all() {
    const auto begun = steady_clock::now();
    missed_ = false;
    auto new_time = folder_->mark_new();
    auto cur_time = folder_->mark_cur();
    if (!new_time) return tl::unexpected(new_time.error());
    if (!cur_time) return tl::unexpected(cur_time.error());
    auto index = folder_->scan();
    if (!index) return tl::unexpected(index.error());
    const auto before = snapshot();
    Scan scan(row_, *before, *index);
    const auto times = folder_->times();
    scan.quiet = times && *times == FolderTimes{*new_time, *cur_time};
    scan.change.row.times = {*new_time, *cur_time};
    if (auto compared = compare(scan); !compared) return tl::unexpected(compared.error());
    if (auto taken = take_unknown(scan); !taken) return tl::unexpected(taken.error());

    const bool any = !scan.change.updated.empty() || !scan.change.added.empty() ||
                     !scan.change.removed.empty() || !scan.change.renamed_files.empty() ||
                     scan.change.new_keywords || scan.change.row.uid_validity != row_.uid_validity ||
                     (row_.times == kStale && scan.change.row.uid_next != row_.uid_next);
    if (!any) --scan.change.row.highest_modseq;
    // The times alone are no reason to write: after a crash all is looked at again.
    if (any) {
        complete(scan.change);
        auto written = core_->change([&](Database& database) { return write(database, scan.change); });
        if (!written) return tl::unexpected(written.error());
    }
    // From here on they hold what this scan leaves undone, or hides.
    unrenamed_.clear();
    left_in_new_.clear();
    masked_since_.reset();
    dirty_ = !scan.quiet && !scan.missing.empty();
    if (any) {
        // What was updated has been so by its file's name.
        scan.change.updated.clear();
        finish(scan.change);
    } else {
        row_.times = scan.change.row.times;
    }
    last_try_ = steady_clock::now();
    scanned_ = true;
    if (!scan.misnamed.empty()) {
        const OwnChange own(*this);
        for (const auto& each : scan.misnamed) {
            auto moved = folder_->adopt(each.from, each.base, each.letters);
            if (moved && *moved) continue;
            unrenamed_.insert(each.uid);
            if (each.from.rfind("new/", 0) == 0) left_in_new_.insert(each.from.substr(4));
        }
    }
    last_scan_ = steady_clock::now() - begun;
    return any;
}

Result<void> MailboxImpl::compare(Scan& scan) {
    auto read = core_->read([&](Database& database) {
        return for_each_file(database, row_id_, [&](Uid uid, std::string_view base, std::string_view extra) {
            compare_file(scan, uid, base, extra);
        });
    });
    if (!read) return read;
    std::vector<std::pair<Uid, std::string>> really;
    for (auto& [uid, base] : scan.missing) {
        const auto at = scan.before.find(uid);
        if (!at) continue;
        // What a crash left in tmp/ was acknowledged.
        const Message& message = scan.before[*at];
        const auto placed = folder_->adopt(
            "tmp/" + base, base, encode_letters({message.flags, message.keywords, {}}, row_.keywords));
        if (!placed) return tl::unexpected(placed.error());
        if (!*placed) really.emplace_back(uid, base);
    }
    scan.missing = std::move(really);
    if (!scan.quiet) return {};  // renamed while the directory was read, perhaps: the next round tells
    for (const auto& [uid, base] : scan.missing) {
        scan.change.builder.remove(uid);
        scan.change.removed.push_back(uid);
    }
    return {};
}

void MailboxImpl::compare_file(Scan& scan, Uid uid, std::string_view base, std::string_view extra) {
    const auto at = scan.before.find(uid);
    if (!at) return;
    const auto found = scan.index->find(base);
    if (!found || scan.seen[*found]) {
        scan.missing.emplace_back(uid, base);
        return;
    }
    scan.seen[*found] = true;
    const store::MaildirFile file = scan.index->file(*found);
    FileFlags flags = parse_letters(index::letters_of(file.name), row_.keywords);
    Message message = scan.before[*at];
    const bool index_wins = unrenamed_.count(uid) != 0 || (!scanned_ && message.modseq > row_.settled_modseq);
    if (flags.extra != extra)
        scan.change.renamed_files.emplace_back(uid, FileName{std::string(base), flags.extra});
    if (!index_wins) {
        const std::uint64_t keywords = (message.keywords & ~scan.said) | flags.keywords;
        if (flags.flags != message.flags || keywords != message.keywords) {
            message.flags = flags.flags;
            message.keywords = keywords;
            message.modseq = scan.change.row.highest_modseq;
            update(scan.change, message);
        }
    }
    flags.flags = message.flags;
    flags.keywords = message.keywords;
    std::string letters = encode_letters(flags, row_.keywords);
    const std::string from = path_of(file);
    if (from != cur_name(base, letters))
        scan.misnamed.push_back({uid, from, std::string(base), std::move(letters)});
}

Result<void> MailboxImpl::take_unknown(Scan& scan) {
    constexpr std::size_t kPiece = 2048;  // files that are held at once beside what becomes of them
    const bool first = row_.times.cur_time <= 0 && scan.before.empty();
    const std::int64_t now = first ? 0 : std::time(nullptr);
    std::vector<Incoming> incoming;
    incoming.reserve(static_cast<std::size_t>(std::count(scan.seen.begin(), scan.seen.end(), false)));
    std::vector<store::MaildirFile> unknown;
    for (std::size_t i = 0; i < scan.index->size(); ++i) {
        if (!scan.seen[i]) {
            store::MaildirFile file = scan.index->file(i);
            if (doomed_.count(std::string(store::base_of(file.name))) != 0) {
                ::unlinkat(folder_->root(), path_of(file).c_str(), 0);
            } else {
                unknown.push_back(std::move(file));
            }
        }
        if (unknown.size() < kPiece && i + 1 < scan.index->size()) continue;
        auto looked = look_at(unknown, scan.change.row.keywords, now, incoming);
        if (!looked) return looked;
        unknown.clear();
    }
    if (row_.times == kStale) {
        if (auto applied = apply_trace(scan.change, incoming); !applied) return applied;
    }
    return add(scan.change, std::move(incoming));
}

Result<void> MailboxImpl::look_at(const std::vector<store::MaildirFile>& files, const KeywordNames& names,
                                  std::int64_t now, std::vector<Incoming>& incoming) const {
    std::vector<Result<std::optional<Incoming>>> found(files.size(), std::optional<Incoming>());
    in_parallel(files.size(), kForAThread, [&](std::size_t at) {
        found[at] = incoming_of(files[at], names, now);
        return found[at].has_value();
    });
    for (auto& each : found) {
        if (!each) return tl::unexpected(each.error());
        if (*each) incoming.push_back(std::move(**each));
    }
    return {};
}

Result<std::optional<MailboxImpl::Incoming>> MailboxImpl::incoming_of(const store::MaildirFile& file,
                                                                      const KeywordNames& names,
                                                                      std::int64_t now) const {
    Incoming incoming;
    const std::string path = path_of(file);
    struct stat info {};
    if (::fstatat(folder_->root(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
        return std::nullopt;
    FileFlags flags = parse_letters(index::letters_of(file.name), names);
    incoming.message.flags = flags.flags;
    incoming.message.keywords = flags.keywords;
    incoming.message.internal_date = info.st_mtime;
    incoming.message.save_date = now != 0 ? now : static_cast<std::int64_t>(info.st_ctime);
    incoming.file.base = store::base_of(file.name);
    incoming.file.extra = flags.extra;
    auto size = store::crlf_size_of(incoming.file.base);
    if (!size) {
        auto opened = store::open_regular_at(folder_->root(), path, path);
        if (!opened) {
            // For want of descriptors or memory it is looked at again; what may not be read is passed over.
            const bool later = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO;
            if (later) return tl::unexpected(opened.error());
            return std::nullopt;
        }
        auto read = read_crlf_size(*opened, path);
        if (!read) return tl::unexpected(read.error());
        size = *read;
    }
    incoming.message.size = *size;
    if (path != cur_name(incoming.file.base, encode_letters(flags, names))) incoming.from = path;
    return incoming;
}

Result<void> MailboxImpl::apply_trace(Change& change, std::vector<Incoming>& incoming) {
    auto trace = read_former_uids(folder_->root(), path());
    if (!trace) return tl::unexpected(trace.error());
    if (!*trace || (*trace)->uid_validity != change.row.uid_validity) return {};
    for (Incoming& each : incoming) {
        const auto known = (*trace)->uids.find(each.file.base);
        if (known != (*trace)->uids.end() && known->second >= change.row.uid_next)
            each.message.uid = known->second;
        const auto keywords = (*trace)->message_keywords.find(each.file.base);
        if (keywords != (*trace)->message_keywords.end()) each.message.keywords |= keywords->second;
    }
    // First those that are known, by their UIDs; two files under one UID cannot be.
    std::stable_sort(incoming.begin(), incoming.end(), [](const Incoming& a, const Incoming& b) {
        return a.message.uid - 1 < b.message.uid - 1;
    });
    for (std::size_t i = 1; i < incoming.size(); ++i) {
        if (incoming[i].message.uid != 0 && incoming[i].message.uid == incoming[i - 1].message.uid)
            incoming[i].message.uid = 0;
    }
    std::stable_partition(incoming.begin(), incoming.end(),
                          [](const Incoming& each) { return each.message.uid != 0; });
    change.row.uid_next = std::max(change.row.uid_next, (*trace)->uid_next);
    return {};
}

Result<bool> MailboxImpl::take_new() {
    auto new_time = folder_->mark_new();
    if (!new_time) return tl::unexpected(new_time.error());
    auto names = folder_->names_in_new();
    if (!names) return tl::unexpected(names.error());
    const auto before = snapshot();
    Change change(row_, *before);
    ++change.row.highest_modseq;
    std::vector<Incoming> incoming;
    for (std::string& name : *names) {
        const std::string base(store::base_of(name));
        if (left_in_new_.count(name) != 0) continue;
        if (doomed_.count(base) != 0) {
            ::unlinkat(folder_->root(), ("new/" + name).c_str(), 0);
            continue;
        }
        auto each = incoming_of({store::kNew, name}, row_.keywords, std::time(nullptr));
        if (!each) return tl::unexpected(each.error());
        if (*each) incoming.push_back(std::move(**each));
    }
    if (incoming.empty()) {
        row_.times.new_time = *new_time;
        return false;
    }
    change.row.times.new_time = *new_time;
    if (auto added = add(change, std::move(incoming)); !added) return tl::unexpected(added.error());
    if (auto committed = commit(change); !committed) return tl::unexpected(committed.error());
    return true;
}

}  // namespace mailpipe::index
