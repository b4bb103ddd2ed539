#include "mailpipe/email/collation.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace mailpipe::email {
namespace {

bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
}

std::string upper_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

}  // namespace

std::string casemap(std::string_view utf8) {
    if (is_ascii(utf8)) return upper_ascii(utf8);
    const auto text = icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
    // Simple mappings, one character to one (RFC 5051 section 2).
    icu::UnicodeString title;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
        title.append(u_totitle(text.char32At(i)));
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(status);
    std::string out;
    if (U_SUCCESS(status)) {
        const icu::UnicodeString decomposed = decompose->normalize(title, status);
        if (U_SUCCESS(status)) return decomposed.toUTF8String(out);
    }
    // Only without memory or without ICU's own data, which is part of its library.
    return title.toUTF8String(out);
}

}  // namespace mailpipe::email
