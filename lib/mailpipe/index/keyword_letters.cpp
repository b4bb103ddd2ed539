#include "mailpipe/index/keyword_letters.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kLongestKeyword = 255;

struct SystemFlag {
    char letter;
    Flag flag;
};
constexpr std::array<SystemFlag, 5> kSystemFlags{
    {{'D', kDraft}, {'F', kFlagged}, {'R', kAnswered}, {'S', kSeen}, {'T', kDeleted}}};

std::optional<std::size_t> forwarded(const KeywordNames& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (ascii::equals_ignore_case(names[i], "$Forwarded")) return i;
    }
    return std::nullopt;
}

}  // namespace

FileFlags parse_letters(std::string_view letters, const KeywordNames& names) {
    FileFlags parsed;
    for (const char letter : letters) {
        const auto* system = std::find_if(kSystemFlags.begin(), kSystemFlags.end(),
                                          [letter](const SystemFlag& each) { return each.letter == letter; });
        const auto index = static_cast<std::size_t>(letter - 'a');
        if (system != kSystemFlags.end()) {
            parsed.flags = static_cast<std::uint8_t>(parsed.flags | system->flag);
        } else if (ascii::is_lower(letter) && index < names.size() && !names[index].empty()) {
            parsed.keywords |= std::uint64_t{1} << index;
        } else if (const auto at = forwarded(names); letter == 'P' && at) {
            parsed.keywords |= std::uint64_t{1} << *at;
        } else if (parsed.extra.find(letter) == std::string::npos && letter != ',') {
            parsed.extra += letter;
        }
    }
    std::sort(parsed.extra.begin(), parsed.extra.end());
    return parsed;
}

std::string encode_letters(const FileFlags& flags, const KeywordNames& names) {
    std::string letters = flags.extra;
    for (const SystemFlag& each : kSystemFlags) {
        if ((flags.flags & each.flag) != 0) letters += each.letter;
    }
    const auto p = forwarded(names);
    if (p && (flags.keywords >> *p & 1) != 0 && letters.find('P') == std::string::npos) letters += 'P';
    for (std::size_t i = 0; i < std::min(names.size(), kKeywordLetters); ++i) {
        if (i != p && (flags.keywords >> i & 1) != 0) letters += static_cast<char>('a' + static_cast<int>(i));
    }
    std::sort(letters.begin(), letters.end());
    return letters;
}

std::string_view letters_of(std::string_view file_name) {
    const std::size_t info = file_name.find(":2,");
    return info == std::string_view::npos ? std::string_view{} : file_name.substr(info + 3);
}

KeywordNames parse_dovecot_keywords(std::string_view text) {
    KeywordNames names;
    for (std::string_view line : ascii::split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) continue;
        const auto index = ascii::parse_number(line.substr(0, space));
        const std::string_view name = line.substr(space + 1);
        if (!index || *index >= kKeywordLetters || !is_keyword(name)) continue;
        const bool known = std::any_of(names.begin(), names.end(), [name](const std::string& each) {
            return ascii::equals_ignore_case(each, name);
        });
        if (known) continue;
        if (names.size() <= *index) names.resize(*index + 1);
        names[*index] = name;
    }
    return names;
}

std::string encode_dovecot_keywords(const KeywordNames& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kKeywordLetters); ++i) {
        if (!names[i].empty()) text += std::to_string(i) + " " + names[i] + "\n";
    }
    return text;
}

bool is_keyword(std::string_view name) {
    // RFC 9051 flag-keyword: an atom.
    return !name.empty() && name.size() <= kLongestKeyword &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F ||
                      std::string_view("(){%*\"\\]").find(c) != std::string_view::npos;
           });
}

}  // namespace mailpipe::index
