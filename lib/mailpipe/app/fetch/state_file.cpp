#include "mailpipe/app/fetch/state_file.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "mailpipe/app/fetch/state_records.hpp"
#include "mailpipe/app/sha256.hpp"
#include "mailpipe/app/state_home.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/journal.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kHashDigits = 16;
constexpr std::string_view kPrefix = "fetch-";
constexpr std::size_t kReadablePart = 60;

// What a record of a journal of `destination` has put into the store `place`.
void use_record(std::string_view record, const std::string& destination, const std::string& place,
                const std::function<void(std::string_view)>& use) {
    if (const auto done = parse_done(record)) {
        const std::string to = done->to.starts_with(';') ? destination + done->to : done->to;
        if (to.starts_with(place) && to.substr(place.size()).starts_with(';')) use(to);
    } else if (const auto staged = parse_staged(record)) {
        if ((staged->place.empty() ? destination : staged->place) == place) use(staged->id);
    }
}

}  // namespace

Result<std::string> state_directory(const FetchState::Where& where) {
    return where.directory.empty() ? state_home("the record of what was fetched", "--state DIR")
                                   : Result<std::string>(where.directory);
}

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
    return std::string(kPrefix) + readable + "-" + hash.substr(0, kHashDigits);
}

Result<void> each_delivered(const FetchState::Where& where, const std::string& place,
                            const std::function<void(std::string_view ref_or_id)>& use) {
    auto directory = state_directory(where);
    if (!directory) return tl::unexpected(directory.error());
    std::error_code error;
    std::filesystem::directory_iterator entry(*directory, error);
    if (error) return fail_errno(error.value(), *directory);
    for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        if (error) return fail_errno(error.value(), *directory);
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(kPrefix)) continue;
        std::optional<std::string> its_destination;
        const auto read = store::Journal::read_file(*directory + "/" + name, [&](std::string_view record) {
            if (its_destination) return use_record(record, *its_destination, place, use);
            its_destination = destination_of(record);
        });
        if (!read && read.error().kind != Errc::not_found) return read;
    }
    return {};
}

}  // namespace mailpipe::app
