#include "mailpipe/email/collation.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::email {
namespace {

icu::UnicodeString unicode(std::string_view utf8) {
    return icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
}

// As it is when ICU fails: only without memory, or without its own data, which is part of its library.
icu::UnicodeString normalize(const icu::Normalizer2* form, icu::UnicodeString text) {
    UErrorCode status = U_ZERO_ERROR;
    if (form == nullptr) return text;
    icu::UnicodeString normalized = form->normalize(text, status);
    return U_SUCCESS(status) ? normalized : text;
}

}  // namespace

std::string casemap(std::string_view utf8) {
    if (ascii::is_ascii(utf8)) return ascii::to_upper(utf8);
    const icu::UnicodeString text = unicode(utf8);
    // Simple mappings, one character to one (RFC 5051 section 2).
    icu::UnicodeString title;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
        title.append(u_totitle(text.char32At(i)));
    UErrorCode status = U_ZERO_ERROR;
    std::string out;
    return normalize(icu::Normalizer2::getNFKDInstance(status), title).toUTF8String(out);
}

std::string fuzzy_form(std::string_view utf8) {
    const icu::UnicodeString text = unicode(casemap(utf8));
    icu::UnicodeString kept;
    bool in_word = false;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
        const UChar32 c = text.char32At(i);
        if ((U_GET_GC_MASK(c) & U_GC_M_MASK) != 0) continue;
        const bool letter = u_isalnum(c) != 0;
        if (letter && !in_word) kept.append(u' ');
        if (letter) kept.append(c);
        in_word = letter;
    }
    std::string out;
    return kept.toUTF8String(out);
}

std::string nfc(std::string utf8) {
    if (ascii::is_ascii(utf8)) return utf8;
    UErrorCode status = U_ZERO_ERROR;
    std::string out;
    return normalize(icu::Normalizer2::getNFCInstance(status), unicode(utf8)).toUTF8String(out);
}

}  // namespace mailpipe::email
