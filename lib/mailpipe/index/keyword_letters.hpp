#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/index/message.hpp"

// Flags as the names of files in a Maildir have them: "DFRST" and "P" ($Forwarded) as store/maildir_name.hpp, and "a" to
// "z" for the first 26 keywords of the mailbox, which Dovecot's dovecot-keywords names:
//
//   *(number " " keyword LF)        ; 0 is "a"
namespace mailpipe::index {

inline constexpr std::size_t kKeywordLetters = 26;

using KeywordNames = std::vector<std::string>;

struct FileFlags {
    std::uint8_t flags = 0;
    std::uint64_t keywords = 0;
    std::string extra;  // letters that mean nothing here, ascending: they stay
    bool operator==(const FileFlags&) const = default;
};

// `letters` is what stands behind ":2,". "P" without a $Forwarded in `names` is extra.
FileFlags parse_letters(std::string_view letters, const KeywordNames& names);
std::string encode_letters(const FileFlags& flags, const KeywordNames& names);
std::string_view letters_of(std::string_view file_name);

// What is no keyword of RFC 9051 is left out as an empty name, so that the letters behind it keep their meaning.
KeywordNames parse_dovecot_keywords(std::string_view text);
std::string encode_dovecot_keywords(const KeywordNames& names);  // the first 26

bool is_keyword(std::string_view name);

}  // namespace mailpipe::index
