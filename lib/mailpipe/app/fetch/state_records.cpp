#include "mailpipe/app/fetch/state_records.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "mailpipe/app/fetch/state_file.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kHeader = "mailpipe-fetch 1 ";
constexpr int kHexadecimal = 16;
constexpr std::size_t kDoneWords = 7;
constexpr std::size_t kStagedWords = 7;
constexpr std::size_t kRestWords = 5;
constexpr std::size_t kSettledWords = 11;

// "-" for an empty word.
std::string encode_word(std::string_view text) {
    return text.empty() ? "-" : text == "-" ? "%2D" : encode_percent(text, ":/;=@,");
}
std::string decode_word(std::string_view word) {
    return word == "-" ? std::string() : decode_percent(word).value_or(std::string());
}

std::string encode_print(const Fingerprint& print) {
    return fmt::format("{:016x} {:016x}", print.header, print.identity);
}
std::uint64_t parse_hash(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, kHexadecimal);
    return value;
}

template <class Number>
Number number_of(std::string_view word, Number otherwise = 0) {
    return static_cast<Number>(ascii::parse_number(word).value_or(otherwise));
}

}  // namespace

std::string header_record(const Location& source, const std::string& destination) {
    return std::string(kHeader) + canonical_source(source) + " " + destination;
}

std::string destination_of(std::string_view header_record) {
    if (!header_record.starts_with(kHeader)) return {};
    // The source holds no space.
    const std::size_t space = header_record.find(' ', kHeader.size());
    return std::string(space == std::string_view::npos ? "" : header_record.substr(space + 1));
}

std::string encode_record(std::string_view word, std::string_view key) {
    return std::string(word) + " " + encode_percent(key);
}

std::string staged_record(const FetchState::Staged& staged) {
    return fmt::format("{} {} {} {} {}", encode_record("staged", staged.key), staged.size, staged.id,
                       encode_print(staged.print), encode_word(staged.place));
}

std::optional<DoneRecord> parse_done(std::string_view record) {
    if (!record.starts_with("done ")) return std::nullopt;
    const auto words = ascii::split(record, ' ');
    auto key = decode_percent(words[1]);
    if (!key) return std::nullopt;
    DoneRecord parsed{std::move(*key), {}, {}};
    if (words.size() == kDoneWords) {
        parsed.done.time = static_cast<std::uint32_t>(ascii::parse_number(words[2]).value_or(0));
        parsed.done.size = ascii::parse_number(words[3]).value_or(0);
        parsed.done.print = {parse_hash(words[4]), parse_hash(words[5])};
        parsed.to = decode_word(words[6]);
    }
    return parsed;
}

std::optional<std::string> key_of(std::string_view record, std::string_view word) {
    if (record.size() <= word.size() || !record.starts_with(word) || record[word.size()] != ' ')
        return std::nullopt;
    record.remove_prefix(word.size() + 1);
    return decode_percent(record.substr(0, record.find(' ')));
}

std::string done_record(const FetchState::Done& done, std::string_view destination) {
    std::string_view to = done.to;
    if (to.starts_with(destination) && to.substr(destination.size()).starts_with(';'))
        to.remove_prefix(destination.size());
    return fmt::format("{} {} {} {} {}", encode_record("done", done.key), done.time, done.size,
                       encode_print(done.print), encode_word(to));
}

std::string failed_record(std::string_view key, std::uint32_t count, std::int64_t last) {
    return fmt::format("{} {} {}", encode_record("failed", key), count, last);
}

std::optional<FetchState::Staged> parse_staged(std::string_view record) {
    auto key = key_of(record, "staged");
    const auto words = ascii::split(record, ' ');
    if (!key || words.size() < 4) return std::nullopt;
    FetchState::Staged staged{
        std::move(*key), number_of<std::uint64_t>(words[2]), std::string(words[3]), {}, {}};
    if (words.size() == kStagedWords) {
        staged.print = {parse_hash(words[4]), parse_hash(words[5])};
        staged.place = decode_word(words[6]);
    }
    return staged;
}

std::string rest_record(const AtRest& rest) {
    std::string record =
        fmt::format("complete {} {} {} {}", rest.complete_below, rest.validity, rest.done, rest.deleted);
    if (rest.settled) {
        const Settled& settled = *rest.settled;
        record += fmt::format(" {} {} {} {} {} {}", encode_word(settled.rules), settled.uid_next,
                              settled.exists, settled.modseq, settled.until, encode_word(settled.maildirs));
    }
    return record;
}

std::optional<AtRest> parse_rest(std::string_view record) {
    const auto words = ascii::split(record, ' ');
    if ((words.size() != kRestWords && words.size() != kSettledWords) || words[0] != "complete")
        return std::nullopt;
    AtRest rest;
    rest.complete_below = number_of<std::uint32_t>(words[1]);
    rest.validity = number_of<std::uint32_t>(words[2]);
    rest.done = number_of<std::size_t>(words[3]);
    rest.deleted = number_of<std::size_t>(words[4]);
    if (words.size() == kSettledWords) {
        rest.settled = Settled{decode_word(words[5]),
                               number_of<std::uint32_t>(words[6]),
                               number_of<std::uint32_t>(words[7]),
                               number_of<std::uint64_t>(words[8]),
                               number_of<std::int64_t>(words[9]),
                               decode_word(words[10])};
    }
    if ((rest.complete_below == 0 && !rest.settled) || rest.validity == 0) return std::nullopt;
    return rest;
}

}  // namespace mailpipe::app
