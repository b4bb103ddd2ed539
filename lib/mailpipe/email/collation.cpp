#include "mailpipe/email/collation.hpp"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

// By ICU's C functions: the classes have data, which cannot be loaded late.
namespace mailpipe::email {
namespace {

std::u16string unicode(std::string_view utf8) {
    std::u16string text(utf8.size(), u'\0');
    std::int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8WithSub(text.data(), static_cast<std::int32_t>(text.size()), &length, utf8.data(),
                         static_cast<std::int32_t>(utf8.size()), 0xFFFD, nullptr, &status);
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::string utf8(const std::u16string& text) {
    std::string out(3 * text.size(), '\0');
    std::int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8WithSub(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                       static_cast<std::int32_t>(text.size()), 0xFFFD, nullptr, &status);
    out.resize(static_cast<std::size_t>(length));
    return out;
}

UChar32 next_character(const std::u16string& text, std::size_t& at) {
    UChar32 c = 0;
    U16_NEXT(text.data(), at, text.size(), c);
    return c;
}

void append(std::u16string& text, UChar32 c) {
    if (U_IS_BMP(c)) {
        text += static_cast<char16_t>(c);
    } else {
        text += {U16_LEAD(c), U16_TRAIL(c)};
    }
}

// As it is when ICU fails: only without memory, or without its own data, which is part of its library.
std::u16string normalize(const UNormalizer2* (*form)(UErrorCode*), std::u16string text) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* normalizer = form(&status);
    std::u16string normalized(text.size() + text.size() / 2, u'\0');
    while (true) {
        const std::int32_t length =
            unorm2_normalize(normalizer, text.data(), static_cast<std::int32_t>(text.size()), normalized.data(),
                             static_cast<std::int32_t>(normalized.size()), &status);
        if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status)) return text;
        const bool fits = U_SUCCESS(status);
        normalized.resize(static_cast<std::size_t>(length));
        if (fits) return normalized;
        status = U_ZERO_ERROR;
    }
}

// Of characters that are what they are composed to, and are not composed with others, as nearly all text is. ICU is
// neither asked nor loaded for it: that takes longer than all the rest of a message.
bool is_surely_composed(std::string_view utf8) {
    struct Range {
        char32_t first;
        char32_t last;
    };
    static constexpr Range kRanges[] = {
        {0x00, 0x2FF},       // Latin
        {0x388, 0x482},      // Greek but for its numeral sign and question mark, Cyrillic
        {0x48A, 0x52F},      // Cyrillic
        {0x2002, 0x206F},    // punctuation but for two spaces that are others
        {0x20A0, 0x20C0},    // currencies
        {0x4E00, 0x9FFF},    // Han
        {0xAC00, 0xD7A3},    // Hangul
        {0x1F300, 0x1FAFF},  // pictures
    };
    while (true) {
        utf8.remove_prefix(ascii::prefix_length(utf8));
        if (utf8.empty()) return true;
        const std::size_t length = utf8_sequence_length(utf8);
        if (length == 0) return false;
        const char32_t point = utf8_code_point(utf8.substr(0, length));
        const bool is_known = std::any_of(std::begin(kRanges), std::end(kRanges), [point](const Range& range) {
            return range.first <= point && point <= range.last;
        });
        if (!is_known) return false;
        utf8.remove_prefix(length);
    }
}

}  // namespace

std::string casemap(std::string_view text) {
    if (ascii::is_ascii(text)) return ascii::to_upper(text);
    const std::u16string given = unicode(text);
    // Simple mappings, one character to one (RFC 5051 section 2).
    std::u16string title;
    title.reserve(given.size());
    for (std::size_t i = 0; i < given.size();)
        append(title, u_totitle(next_character(given, i)));
    return utf8(normalize(unorm2_getNFKDInstance, std::move(title)));
}

std::string fuzzy_form(std::string_view text) {
    const std::u16string given = unicode(casemap(text));
    std::u16string kept;
    bool in_word = false;
    for (std::size_t i = 0; i < given.size();) {
        const UChar32 c = next_character(given, i);
        if ((U_GET_GC_MASK(c) & U_GC_M_MASK) != 0) continue;
        const bool letter = u_isalnum(c) != 0;
        if (letter && !in_word) kept += u' ';
        if (letter) append(kept, c);
        in_word = letter;
    }
    return utf8(kept);
}

std::string nfc(std::string text) {
    if (is_surely_composed(text)) return text;
    return utf8(normalize(unorm2_getNFCInstance, unicode(text)));
}

}  // namespace mailpipe::email
