#include "mailpipe/app/fetch/state.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kCompactAbove = 1000;  // records; below, rewriting saves nothing
constexpr std::size_t kUnlistedKept =
    10'000;  // a server that for once lists too little costs nothing up to here
constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kReadablePart = 60;

std::string sha256_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
    return encode_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

Result<std::string> default_directory() {
    const char* state_home = std::getenv("XDG_STATE_HOME");
    // The XDG specification: a relative path is to be ignored.
    if (state_home != nullptr && state_home[0] == '/') return std::string(state_home) + "/mailpipe";
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/mailpipe";
    return fail(Errc::config, "no place for the record of what was fetched: set HOME, or give --state DIR");
}

std::string encode_record(std::string_view word, std::string_view key) {
    return std::string(word) + " " + encode_percent(key);
}

std::string staged_record(const FetchState::Staged& staged) {
    return encode_record("staged", staged.key) + " " + std::to_string(staged.size) + " " + staged.id;
}

}  // namespace

std::string canonical_source(const Location& source) {
    Location canonical = container(source);
    if (canonical.port == default_port(canonical.scheme)) canonical.port = 0;
    if (canonical.scheme == Scheme::imaps) canonical.scheme = Scheme::imap;
    if (canonical.scheme == Scheme::pop3s) canonical.scheme = Scheme::pop3;
    if (canonical.port == 0) canonical.port = default_port(canonical.scheme);
    canonical.host = ascii::to_lower(canonical.host);
    return encode(canonical);
}

std::string state_file_name(const Location& source, const std::string& destination) {
    std::string readable;
    for (const char c : canonical_source(source)) {
        const bool plain = ascii::is_alnum(c) || c == '@' || c == '.' || c == '-';
        if (plain || (!readable.empty() && readable.back() != '_')) readable += plain ? c : '_';
    }
    readable.resize(std::min(readable.size(), kReadablePart));
    const std::string hash = sha256_hex(canonical_source(source) + "\n" + destination);
    return "fetch-" + readable + "-" + hash.substr(0, kHashDigits);
}

Result<FetchState> FetchState::open(const std::string& directory, const Location& source,
                                    const std::string& destination) {
    auto place = directory.empty() ? default_directory() : Result<std::string>(directory);
    if (!place) return tl::unexpected(place.error());
    FetchState state;
    state.header_ = "mailpipe-fetch 1 " + canonical_source(source) + " " + destination;
    std::size_t count = 0;
    std::string foreign;
    auto journal =
        store::Journal::open(*place + "/" + state_file_name(source, destination), [&](std::string_view record) {
            if (count++ > 0) {
                if (foreign.empty()) state.apply(record);
            } else if (record != state.header_) {
                foreign = record;
            }
        });
    if (!journal) return tl::unexpected(journal.error());
    if (!foreign.empty()) {
        return fail(Errc::data, "the record of what was fetched belongs to something else: " + foreign);
    }
    state.journal_ = std::move(*journal);
    Result<void> written;
    if (count == 0) {
        written = state.journal_->append({state.header_});
    } else if (count > kCompactAbove + 2 * state.live_count()) {
        written = state.journal_->replace([&state](const auto& sink) { state.produce_live(sink); });
    }
    if (!written) return tl::unexpected(written.error());
    return state;
}

void FetchState::apply(std::string_view line) {
    const auto words = ascii::split(line, ' ');
    if (words.size() < 2) return;
    if (words[0] == "validity") {
        const auto number = ascii::parse_number(words[1]);
        if (number) validity_ = static_cast<std::uint32_t>(*number);
        return;
    }
    auto key = decode_percent(words[1]);
    if (!key) return;
    if (words[0] == "staged" && words.size() == 4) {
        const std::uint64_t size = ascii::parse_number(words[2]).value_or(0);
        staged_.insert_or_assign(*key, Pending{staged_count_++, {*key, size, std::string(words[3])}});
    } else if (words[0] == "done") {
        staged_.erase(*key);
        set_standing(*key, Standing::done);
    } else if (words[0] == "lost") {
        staged_.erase(*key);
    } else if (words[0] == "deleted") {
        set_standing(*key, Standing::deleted);
    } else if (words[0] == "forget") {
        set_standing(*key, Standing::unknown);
    }
}

FetchState::Standing FetchState::standing(std::string_view key) const {
    const auto id = keys_.find(key);
    return id ? static_cast<Standing>(keys_.value(*id)) : Standing::unknown;
}

void FetchState::set_standing(std::string_view key, Standing standing) {
    const KeyTable::Id id = keys_.add(key);
    const auto before = static_cast<Standing>(keys_.value(id));
    if (before == Standing::deleted && standing == Standing::done) return;
    keys_.set_value(id, static_cast<std::uint8_t>(standing));
    if (before == Standing::done) --done_count_;
    if (before == Standing::deleted) --deleted_count_;
    if (standing == Standing::done) ++done_count_;
    if (standing == Standing::deleted) ++deleted_count_;
}

std::vector<FetchState::Staged> FetchState::pending() const {
    std::vector<Pending> ordered;
    for (const auto& [key, pending] : staged_)
        ordered.push_back(pending);
    std::sort(ordered.begin(), ordered.end(),
              [](const Pending& a, const Pending& b) { return a.order < b.order; });
    std::vector<Staged> staged;
    for (auto& entry : ordered)
        staged.push_back(std::move(entry.staged));
    return staged;
}

std::size_t FetchState::live_count() const {
    return 1 + (validity_ ? 1 : 0) + done_count_ + deleted_count_ + staged_.size();
}

void FetchState::produce_live(const store::Journal::Use& sink) const {
    sink(header_);
    if (validity_) sink("validity " + std::to_string(*validity_));
    keys_.for_each([this, &sink](KeyTable::Id id) {
        const auto standing = static_cast<Standing>(keys_.value(id));
        if (standing == Standing::unknown) return;
        sink(encode_record(standing == Standing::done ? "done" : "deleted", keys_.key(id)));
    });
    for (const auto& staged : pending())
        sink(staged_record(staged));
}

Result<void> FetchState::record(std::string_view word, const Keys& keys) {
    return journal_->append([&](const auto& sink) {
        for (const auto& key : keys)
            sink(encode_record(word, key));
    });
}

Result<void> FetchState::record_staged(const std::vector<Staged>& staged) {
    auto written = journal_->append([&staged](const auto& sink) {
        for (const auto& entry : staged) {
            if (!entry.key.empty()) sink(staged_record(entry));
        }
    });
    if (!written) return written;
    return journal_->sync();
}

Result<void> FetchState::record_done(const Keys& keys) {
    if (auto written = record("done", keys); !written) return written;
    for (const auto& key : keys) {
        staged_.erase(std::string(key));
        set_standing(key, Standing::done);
    }
    return {};
}

Result<void> FetchState::record_lost(const Keys& keys) {
    if (auto written = record("lost", keys); !written) return written;
    for (const auto& key : keys)
        staged_.erase(std::string(key));
    return {};
}

Result<void> FetchState::record_deleted(const Keys& keys) {
    if (auto written = record("deleted", keys); !written) return written;
    for (const auto& key : keys)
        set_standing(key, Standing::deleted);
    return {};
}

Result<void> FetchState::set_validity(std::uint32_t validity) {
    if (validity_ == validity) return {};
    validity_ = validity;
    keys_.clear();
    done_count_ = 0;
    deleted_count_ = 0;
    staged_.clear();
    return journal_->replace([this](const auto& sink) { produce_live(sink); });
}

Result<void> FetchState::forget_unlisted(std::size_t count,
                                         const std::function<bool(std::string_view key)>& is_listed) {
    const bool many = done_count_ > kUnlistedKept + 2 * count;
    std::vector<KeyTable::Id> forgotten;
    keys_.for_each([&](KeyTable::Id id) {
        const auto standing = static_cast<Standing>(keys_.value(id));
        const bool forgettable = standing == Standing::deleted || (standing == Standing::done && many);
        if (forgettable && !is_listed(keys_.key(id))) forgotten.push_back(id);
    });
    if (forgotten.empty()) return {};
    Keys keys;
    for (const KeyTable::Id id : forgotten)
        keys.push_back(keys_.key(id));
    if (auto written = record("forget", keys); !written) return written;
    for (const auto& key : keys)
        set_standing(key, Standing::unknown);
    return {};
}

}  // namespace mailpipe::app
