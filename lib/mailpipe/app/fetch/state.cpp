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

std::string record(std::string_view word, const std::string& key) {
    return std::string(word) + " " + encode_percent(key);
}

std::vector<std::string> records(std::string_view word, const std::vector<std::string>& keys) {
    std::vector<std::string> lines;
    lines.reserve(keys.size());
    for (const auto& key : keys)
        lines.push_back(record(word, key));
    return lines;
}

std::string staged_record(const FetchState::Staged& staged) {
    return record("staged", staged.key) + " " + std::to_string(staged.size) + " " + staged.id;
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
    auto journal = store::Journal::open(*place + "/" + state_file_name(source, destination));
    if (!journal) return tl::unexpected(journal.error());
    FetchState state(std::move(*journal));
    if (auto loaded = state.load("mailpipe-fetch 1 " + canonical_source(source) + " " + destination); !loaded) {
        return tl::unexpected(loaded.error());
    }
    return state;
}

Result<void> FetchState::load(const std::string& header) {
    header_ = header;
    const auto& lines = journal_->records();
    if (lines.empty()) return journal_->append({header_});
    if (lines.front() != header_) {
        return fail(Errc::data, "the record of what was fetched belongs to something else: " + lines.front());
    }
    for (std::size_t i = 1; i < lines.size(); ++i)
        apply(lines[i]);
    const auto live = live_records();
    if (lines.size() > kCompactAbove + 2 * live.size()) return journal_->replace(live);
    return {};
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
        staged_.insert_or_assign(
            *key, std::pair(staged_count_++,
                            Staged{*key, ascii::parse_number(words[2]).value_or(0), std::string(words[3])}));
    } else if (words[0] == "done") {
        staged_.erase(*key);
        done_.insert(*key);
    } else if (words[0] == "lost") {
        staged_.erase(*key);
    } else if (words[0] == "deleted") {
        done_.erase(*key);
        deleted_.insert(*key);
    } else if (words[0] == "forget") {
        done_.erase(*key);
        deleted_.erase(*key);
    }
}

std::vector<FetchState::Staged> FetchState::pending() const {
    std::vector<std::pair<std::size_t, Staged>> ordered;
    for (const auto& [key, staged] : staged_)
        ordered.push_back(staged);
    std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Staged> staged;
    for (auto& entry : ordered)
        staged.push_back(std::move(entry.second));
    return staged;
}

std::vector<std::string> FetchState::live_records() const {
    std::vector<std::string> lines{header_};
    if (validity_) lines.push_back("validity " + std::to_string(*validity_));
    for (const auto& key : done_)
        lines.push_back(record("done", key));
    for (const auto& key : deleted_)
        lines.push_back(record("deleted", key));
    for (const auto& staged : pending())
        lines.push_back(staged_record(staged));
    return lines;
}

Result<void> FetchState::record_staged(const std::vector<Staged>& staged) {
    std::vector<std::string> lines;
    lines.reserve(staged.size());
    for (const auto& entry : staged)
        lines.push_back(staged_record(entry));
    if (auto written = journal_->append(lines); !written) return written;
    return journal_->sync();
}

Result<void> FetchState::record_done(const std::vector<std::string>& keys) {
    if (auto written = journal_->append(records("done", keys)); !written) return written;
    for (const auto& key : keys) {
        staged_.erase(key);
        done_.insert(key);
    }
    return {};
}

Result<void> FetchState::record_lost(const std::vector<std::string>& keys) {
    if (auto written = journal_->append(records("lost", keys)); !written) return written;
    for (const auto& key : keys)
        staged_.erase(key);
    return {};
}

Result<void> FetchState::record_deleted(const std::vector<std::string>& keys) {
    if (auto written = journal_->append(records("deleted", keys)); !written) return written;
    for (const auto& key : keys) {
        done_.erase(key);
        deleted_.insert(key);
    }
    return {};
}

Result<void> FetchState::set_validity(std::uint32_t validity) {
    if (validity_ == validity) return {};
    validity_ = validity;
    done_.clear();
    deleted_.clear();
    staged_.clear();
    return journal_->replace(live_records());
}

Result<void> FetchState::forget_unlisted(const std::unordered_set<std::string>& listed) {
    std::vector<std::string> forgotten;
    for (const auto& key : deleted_) {
        if (!listed.contains(key)) forgotten.push_back(key);
    }
    if (done_.size() > kUnlistedKept + 2 * listed.size()) {
        for (const auto& key : done_) {
            if (!listed.contains(key)) forgotten.push_back(key);
        }
    }
    if (forgotten.empty()) return {};
    if (auto written = journal_->append(records("forget", forgotten)); !written) return written;
    for (const auto& key : forgotten) {
        done_.erase(key);
        deleted_.erase(key);
    }
    return {};
}

}  // namespace mailpipe::app
