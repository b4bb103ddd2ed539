#include "mailpipe/app/fetch/fingerprint.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/app/sha256.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kHeader = 256U << 10;
constexpr std::array<std::string_view, 8> kOfStores{"status", "x-status",   "x-keywords",     "x-uid",
                                                    "x-imap", "x-imapbase", "content-length", "lines"};

// The first 64 bits of SHA-256: a sender who wants two of his messages to be taken for one can have that for
// 2^32 hashes, and for another's message it takes 2^64.
std::uint64_t hash(std::string_view text) {
    const Sha256 digest = sha256(text);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = (value << 8U) | digest[i];
    return value == 0 ? 1 : value;  // 0 means not known
}

// The lines of `header` without CR, and the blank one that ends it left out.
template <class Use>
void each_line(std::string_view header, Use use) {
    while (!header.empty()) {
        const std::size_t end = header.find('\n');
        std::string_view line = header.substr(0, end);
        header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) return;
        use(line);
    }
}

std::string_view name_of(std::string_view line) {
    return ascii::trim(line.substr(0, line.find(':')));
}

}  // namespace

void Fingerprinter::append(std::string_view crlf_text) {
    if (complete_) return;
    // The end of the header may lie across two pieces.
    const std::size_t from = header_.size() < 3 ? 0 : header_.size() - 3;
    header_ += crlf_text.substr(0, kHeader - std::min(kHeader, header_.size()));
    std::size_t end = std::min(header_.find("\n\r\n", from), header_.find("\n\n", from));
    if (header_.starts_with("\r\n") || header_.starts_with('\n')) end = 0;
    if (end != std::string::npos) header_.resize(end == 0 ? 0 : end + 1);
    complete_ = end != std::string::npos || header_.size() >= kHeader;
}

Fingerprint Fingerprinter::finish() {
    std::string kept;
    std::string identity;
    bool keep = true;
    bool identifies = false;
    bool has_id = false;
    each_line(header_, [&](std::string_view line) {
        if (line.front() != ' ' && line.front() != '\t') {
            const std::string name = ascii::to_lower(name_of(line));
            keep = std::find(kOfStores.begin(), kOfStores.end(), name) == kOfStores.end();
            has_id = has_id || name == "message-id";
            identifies = name == "message-id" || name == "date";
        }
        if (keep) kept.append(line).append("\n");
        if (identifies) identity.append(line).append("\n");
    });
    header_.clear();
    complete_ = false;
    return {hash(kept), has_id ? hash(identity) : 0};
}

}  // namespace mailpipe::app
