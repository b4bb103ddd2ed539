#include "mailpipe/app/fetch/state.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "mailpipe/app/fetch/state_file.hpp"
#include "mailpipe/app/fetch/state_records.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kCompactAbove = 1000;  // records; below, rewriting saves nothing
constexpr std::size_t kUnlistedKept =
    10'000;                                  // a server that for once lists too little costs nothing up to here
constexpr std::int64_t kFirstBackoff = 300;  // seconds
constexpr std::int64_t kLongestBackoff = 86'400;
constexpr std::uint32_t kDoublings = 16;  // more than kLongestBackoff needs

// Takes records and keeps none.
class UnwrittenJournal : public store::Journal {
 public:
    static Result<std::unique_ptr<store::Journal>> open(const std::string& path, const Use& use) {
        auto journal = std::make_unique<UnwrittenJournal>(path);
        if (auto read = journal->read(use); !read) return tl::unexpected(read.error());
        return journal;
    }
    explicit UnwrittenJournal(std::string path) : path_(std::move(path)) {}

    Result<void> append(const Produce& /*produce*/) override { return {}; }
    Result<void> sync() override { return {}; }
    Result<void> read(const Use& use) const override {
        auto read = read_file(path_, use);
        if (!read && read.error().kind == Errc::not_found) return {};
        return read;
    }
    Result<void> replace(const Produce& /*produce*/) override { return {}; }

 private:
    std::string path_;
};

}  // namespace

Result<FetchState> FetchState::open(const Where& where, const Location& source,
                                    const std::string& destination) {
    auto place = state_directory(where);
    if (!place) return tl::unexpected(place.error());
    FetchState state;
    state.header_ = header_record(source, destination);
    state.destination_ = destination;
    state.loaded_ = true;
    std::size_t count = 0;
    std::string foreign;
    const std::string path = *place + "/" + state_file_name(source, destination);
    const auto use = [&](std::string_view record) {
        if (count++ > 0) {
            if (foreign.empty()) state.apply(record);
        } else if (record != state.header_) {
            foreign = record;
        }
    };
    const auto glance = [&state](std::string_view first, std::string_view last) {
        return first == state.header_ && state.rest(last);
    };
    auto journal = where.read_only ? UnwrittenJournal::open(path, use)
                                   : store::Journal::open(path, use, where.wait, glance);
    if (!journal) return tl::unexpected(journal.error());
    if (!foreign.empty()) {
        return fail(Errc::data, "the record of what was fetched belongs to something else: " + foreign);
    }
    state.journal_ = std::move(*journal);
    if (!state.loaded_) return state;
    state.is_new_ = count <= 1;
    Result<void> written;
    if (count == 0) {
        written = state.journal_->append({state.header_});
    } else {
        written = state.compact_when_long(count);
    }
    if (!written) return tl::unexpected(written.error());
    return state;
}

// Takes what is known of a journal that ends at rest for the whole of it, until load().
bool FetchState::rest(std::string_view last_record) {
    const auto rest = parse_rest(last_record);
    if (!rest) return false;
    validity_ = rest->validity;
    complete_below_ = rest->complete_below;
    done_count_ = rest->done;
    deleted_count_ = rest->deleted;
    settled_ = rest->settled;
    at_rest_ = true;
    loaded_ = false;
    return true;
}

Result<void> FetchState::load() {
    const std::lock_guard lock(*mutex_);
    if (loaded_) return {};
    loaded_ = true;
    done_count_ = 0;
    deleted_count_ = 0;
    std::size_t count = 0;
    auto read = journal_->read([&](std::string_view record) {
        ++count;
        apply(record);
    });
    return read ? compact_when_long(count) : read;
}

Result<void> FetchState::compact_when_long(std::size_t count) {
    if (count <= kCompactAbove + 2 * live_count()) return {};
    at_rest_ = false;
    return journal_->replace([this](const auto& sink) { return produce_live(sink); });
}

Result<void> FetchState::append(const store::Journal::Produce& produce) {
    if (!loaded_) std::abort();  // a caller that has not called load() would fetch or delete on no knowledge
    at_rest_ = false;
    return journal_->append(produce);
}

void FetchState::apply(std::string_view line) {
    if (auto key = key_of(line, "done")) {
        // The time is all that is held of the rest.
        const std::size_t at = line.find(' ', sizeof("done ") - 1);
        const auto time = at == std::string_view::npos
                              ? std::nullopt
                              : ascii::parse_number(line.substr(at + 1, line.find(' ', at + 1) - at - 1));
        staged_.erase(*key);
        failed_.erase(*key);
        return set_standing(*key, Standing::done, static_cast<std::uint32_t>(time.value_or(0)));
    }
    if (auto staged = parse_staged(line)) {
        std::string key = staged->key;
        staged_.insert_or_assign(std::move(key), Pending{staged_count_++, std::move(*staged)});
        return;
    }
    const auto words = ascii::split(line, ' ');
    if (words.size() < 2) return;
    const auto number = [&words](std::size_t i) { return ascii::parse_number(words[i]); };
    if (words[0] == "validity") {
        if (number(1)) validity_ = static_cast<std::uint32_t>(*number(1));
    } else if (words[0] == "complete") {
        complete_below_ = static_cast<std::uint32_t>(number(1).value_or(0));
        if (auto rest = parse_rest(line); rest && rest->settled) settled_ = std::move(rest->settled);
    } else if (auto key = key_of(line, "failed"); key && words.size() == 4) {
        failed_.insert_or_assign(*key, Failure{static_cast<std::uint32_t>(number(2).value_or(1)),
                                               static_cast<std::int64_t>(number(3).value_or(0))});
    } else if (key = key_of(line, "lost"); key) {
        staged_.erase(*key);
    } else if (key = key_of(line, "deleted"); key) {
        set_standing(*key, Standing::deleted);
    } else if (key = key_of(line, "forget"); key) {
        set_standing(*key, Standing::unknown);
        failed_.erase(*key);
    }
}

FetchState::Standing FetchState::standing(std::string_view key) const {
    if (!loaded_) std::abort();  // see append()
    const auto id = keys_.find(key);
    return id ? static_cast<Standing>(keys_.value(*id)) : Standing::unknown;
}

bool FetchState::is_done(std::string_view key) const {
    const std::lock_guard lock(*mutex_);
    return standing(key) != Standing::unknown;
}

bool FetchState::is_deleted(std::string_view key) const {
    const std::lock_guard lock(*mutex_);
    return standing(key) == Standing::deleted;
}

std::optional<std::int64_t> FetchState::done_at(std::string_view key) const {
    const std::lock_guard lock(*mutex_);
    if (standing(key) == Standing::unknown) return std::nullopt;
    const std::uint32_t time = keys_.time(*keys_.find(key));
    return time == 0 ? std::nullopt : std::optional<std::int64_t>(time);
}

bool FetchState::is_due(std::string_view key, std::time_t now) const {
    const std::lock_guard lock(*mutex_);
    if (failed_.empty()) return true;
    const auto found = failed_.find(std::string(key));
    if (found == failed_.end()) return true;
    const std::uint32_t doublings = std::min(std::max(found->second.count, 1U) - 1, kDoublings);
    const std::int64_t wait = std::min(kFirstBackoff << doublings, kLongestBackoff);
    // A clock that was set back does not keep it back.
    return now < found->second.last || now - found->second.last >= wait;
}

std::size_t FetchState::failed_count() const {
    const std::lock_guard lock(*mutex_);
    return failed_.size();
}

void FetchState::set_standing(std::string_view key, Standing standing, std::uint32_t time) {
    const KeyTable::Id id = keys_.add(key);
    const auto before = static_cast<Standing>(keys_.value(id));
    if (before == Standing::deleted && standing == Standing::done) return;
    keys_.set_value(id, static_cast<std::uint8_t>(standing));
    if (standing == Standing::done) keys_.set_time(id, time);
    if (before == Standing::done) --done_count_;
    if (before == Standing::deleted) --deleted_count_;
    if (standing == Standing::done) ++done_count_;
    if (standing == Standing::deleted) ++deleted_count_;
}

std::vector<FetchState::Staged> FetchState::pending(std::string_view place) const {
    auto staged = staged_in_order();
    std::erase_if(staged, [place](const Staged& one) { return one.place != place; });
    return staged;
}

std::set<std::string> FetchState::pending_places() const {
    std::set<std::string> places;
    for (const auto& [key, pending] : staged_) {
        if (!pending.staged.place.empty()) places.insert(pending.staged.place);
    }
    return places;
}

std::vector<FetchState::Staged> FetchState::staged_in_order() const {
    std::vector<const Pending*> ordered;
    for (const auto& [key, pending] : staged_)
        ordered.push_back(&pending);
    std::sort(ordered.begin(), ordered.end(),
              [](const Pending* a, const Pending* b) { return a->order < b->order; });
    std::vector<Staged> staged;
    for (const Pending* pending : ordered)
        staged.push_back(pending->staged);
    return staged;
}

Result<void> FetchState::each_done(const UseDone& use) const {
    return each_of(Standing::done, use);
}

Result<void> FetchState::each_deleted(const UseDone& use) const {
    return each_of(Standing::deleted, use);
}

Result<void> FetchState::each_of(Standing wanted, const UseDone& use) const {
    return journal_->read([&](std::string_view record) {
        auto parsed = parse_done(record);
        if (!parsed || standing(parsed->key) != wanted) return;
        parsed->done.key = parsed->key;
        if (parsed->to.starts_with(';')) parsed->to.insert(0, destination_);
        parsed->done.to = parsed->to;
        use(parsed->done);
    });
}

std::size_t FetchState::live_count() const {
    return 2 + (validity_ ? 1 : 0) + done_count_ + deleted_count_ + staged_.size() + failed_.size();
}

// A record of "done" is taken over as it stands, the last of each key; what it says beside the time is not held
// in memory.
Result<void> FetchState::produce_live(const store::Journal::Use& sink) const {
    sink(header_);
    if (validity_) sink("validity " + std::to_string(*validity_));
    if (complete_below_ != 0 || settled_) sink(complete_record());
    KeyTable records;  // with how many of a key are to come, in the place of its time
    const auto count = [&records](std::string_view record) {
        const auto key = key_of(record, "done");
        if (!key) return;
        const KeyTable::Id id = records.add(*key);
        records.set_time(id, records.time(id) + 1);
    };
    if (auto read = journal_->read(count); !read) return read;
    auto copied = journal_->read([&](std::string_view record) {
        const auto key = key_of(record, "done");
        if (!key) return;
        const KeyTable::Id id = *records.find(*key);
        records.set_time(id, records.time(id) - 1);
        if (records.time(id) == 0 && standing(*key) != Standing::unknown) sink(record);
    });
    if (!copied) return copied;
    keys_.for_each([this, &sink](KeyTable::Id id) {
        if (static_cast<Standing>(keys_.value(id)) == Standing::deleted)
            sink(encode_record("deleted", keys_.key(id)));
    });
    for (const Staged& staged : staged_in_order())
        sink(staged_record(staged));
    for (const auto& [key, failure] : failed_)
        sink(failed_record(key, failure.count, failure.last));
    return {};
}

Result<void> FetchState::record(std::string_view word, const Keys& keys) {
    return append([&](const auto& sink) {
        for (const auto& key : keys)
            sink(encode_record(word, key));
        return Result<void>{};
    });
}

Result<void> FetchState::record_staged(const std::vector<Staged>& staged) {
    const std::lock_guard lock(*mutex_);
    auto written = append([&staged](const auto& sink) {
        for (const auto& entry : staged) {
            if (!entry.key.empty()) sink(staged_record(entry));
        }
        return Result<void>{};
    });
    if (!written) return written;
    return journal_->sync();
}

Result<void> FetchState::record_done(const std::vector<Done>& done) {
    const std::lock_guard lock(*mutex_);
    auto written = append([this, &done](const auto& sink) {
        for (const auto& one : done) {
            if (!one.key.empty()) sink(done_record(one, destination_));
        }
        return Result<void>{};
    });
    if (!written) return written;
    for (const auto& one : done)
        set_done(one);
    return {};
}

void FetchState::set_done(const Done& done) {
    if (done.key.empty()) return;
    staged_.erase(std::string(done.key));
    failed_.erase(std::string(done.key));
    set_standing(done.key, Standing::done, done.time);
}

Result<void> FetchState::record_lost(const Keys& keys) {
    const std::lock_guard lock(*mutex_);
    if (auto written = record("lost", keys); !written) return written;
    for (const auto& key : keys)
        staged_.erase(std::string(key));
    return {};
}

Result<void> FetchState::record_deleted(const Keys& keys) {
    const std::lock_guard lock(*mutex_);
    if (auto written = record("deleted", keys); !written) return written;
    for (const auto& key : keys)
        set_standing(key, Standing::deleted);
    return {};
}

Result<void> FetchState::forget(const Keys& keys) {
    const std::lock_guard lock(*mutex_);
    if (auto written = record("forget", keys); !written) return written;
    for (const auto& key : keys) {
        set_standing(key, Standing::unknown);
        failed_.erase(std::string(key));
    }
    return {};
}

Result<void> FetchState::record_failed(std::string_view key, std::time_t now) {
    const std::lock_guard lock(*mutex_);
    Failure failure = failed_[std::string(key)];
    failure = {failure.count + 1, now};
    failed_[std::string(key)] = failure;
    return append(failed_record(key, failure.count, failure.last));
}

Result<void> FetchState::record_complete(std::uint32_t below_uid, const std::optional<Settled>& settled) {
    const std::lock_guard lock(*mutex_);
    if (complete_below_ == below_uid && at_rest_ && (!settled || settled == settled_)) return {};
    complete_below_ = below_uid;
    if (settled) settled_ = settled;
    auto written = append(complete_record());
    at_rest_ = written && validity_ && staged_.empty() && failed_.empty();
    return written;
}

std::string FetchState::complete_record() const {
    if (validity_ && staged_.empty() && failed_.empty())
        return rest_record({complete_below_, *validity_, done_count_, deleted_count_, settled_});
    return "complete " + std::to_string(complete_below_);
}

Result<void> FetchState::sync() {
    const std::lock_guard lock(*mutex_);
    return journal_->sync();
}

Result<void> FetchState::set_validity(std::uint32_t validity, const std::vector<Done>& adopted) {
    const std::lock_guard lock(*mutex_);
    if (validity_ == validity && adopted.empty()) return {};
    at_rest_ = false;
    loaded_ = true;
    auto replaced = journal_->replace([&](const auto& sink) {
        sink(header_);
        sink("validity " + std::to_string(validity));
        for (const auto& done : adopted)
            sink(done_record(done, destination_));
        return Result<void>{};
    });
    if (!replaced) return replaced;
    validity_ = validity;
    complete_below_ = 0;
    settled_.reset();
    keys_.clear();
    done_count_ = 0;
    deleted_count_ = 0;
    staged_.clear();
    failed_.clear();
    for (const auto& done : adopted)
        set_done(done);
    return {};
}

bool FetchState::has_many_beyond(std::size_t count) const {
    const std::lock_guard lock(*mutex_);
    return is_many_beyond(count) || deleted_count_ > kUnlistedKept + 2 * count;
}

bool FetchState::is_many_beyond(std::size_t count) const {
    return done_count_ > kUnlistedKept + 2 * count;
}

Result<void> FetchState::forget_vanished(const std::vector<imap::UidRange>& vanished) {
    const std::lock_guard lock(*mutex_);
    std::vector<imap::UidRange> ranges = vanished;
    const auto before = [](const imap::UidRange& a, const imap::UidRange& b) { return a.first < b.first; };
    std::sort(ranges.begin(), ranges.end(), before);
    for (std::size_t i = 1; i < ranges.size(); ++i)
        ranges[i].last = std::max(ranges[i].last, ranges[i - 1].last);
    const auto is_gone = [&](std::string_view key) {
        const auto uid = ascii::parse_number(key);
        if (!uid || *uid > UINT32_MAX) return false;
        const auto behind = std::upper_bound(ranges.begin(), ranges.end(),
                                             imap::UidRange{static_cast<std::uint32_t>(*uid), 0}, before);
        return behind != ranges.begin() && std::prev(behind)->last >= *uid;
    };
    std::vector<KeyTable::Id> ids;
    keys_.for_each([&](KeyTable::Id id) {
        if (static_cast<Standing>(keys_.value(id)) == Standing::deleted && is_gone(keys_.key(id)))
            ids.push_back(id);
    });
    std::vector<std::string> failed;
    for (const auto& [key, failure] : failed_) {
        if (is_gone(key)) failed.push_back(key);
    }
    return forget_now(ids, std::move(failed));
}

Result<void> FetchState::forget_now(const std::vector<KeyTable::Id>& ids, std::vector<std::string> failed) {
    Keys keys;
    for (const KeyTable::Id id : ids)
        keys.push_back(keys_.key(id));
    keys.insert(keys.end(), failed.begin(), failed.end());
    if (keys.empty()) return {};
    if (auto written = record("forget", keys); !written) return written;
    for (const KeyTable::Id id : ids)
        set_standing(keys_.key(id), Standing::unknown);
    for (const std::string& key : failed)
        failed_.erase(key);
    return {};
}

Result<void> FetchState::forget_unlisted(std::size_t count,
                                         const std::function<bool(std::string_view key)>& is_listed) {
    const std::lock_guard lock(*mutex_);
    const bool many = is_many_beyond(count);
    std::vector<KeyTable::Id> forgotten;
    keys_.for_each([&](KeyTable::Id id) {
        const auto standing = static_cast<Standing>(keys_.value(id));
        const bool forgettable = standing == Standing::deleted || (standing == Standing::done && many);
        if (forgettable && !is_listed(keys_.key(id))) forgotten.push_back(id);
    });
    std::vector<std::string> failed;
    for (const auto& [key, failure] : failed_) {
        if (!is_listed(key)) failed.push_back(key);
    }
    return forget_now(forgotten, std::move(failed));
}

}  // namespace mailpipe::app
