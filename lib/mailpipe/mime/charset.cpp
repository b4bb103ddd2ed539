#include "mailpipe/mime/charset.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kAscii = "US-ASCII";
constexpr std::string_view kUtf8 = "UTF-8";
constexpr std::string_view kWindows1252 = "CP1252";

// A label from a message never reaches iconv_open(): converters that mail does not need had memory errors and
// endless loops (glibc CVE-2020-27618, CVE-2020-29562, CVE-2021-3326, CVE-2024-2961 in ISO-2022-CN-EXT).
struct Label {
    std::string_view label;
    std::string_view name;
};
constexpr auto kLabels = std::to_array<Label>({
    {"us-ascii", kAscii},
    {"ascii", kAscii},
    {"ansi_x3.4-1968", kAscii},
    {"iso646-us", kAscii},
    {"utf-8", kUtf8},
    {"utf8", kUtf8},
    {"unicode-1-1-utf-8", kUtf8},
    {"iso-8859-1", kWindows1252},
    {"iso8859-1", kWindows1252},
    {"iso_8859-1", kWindows1252},
    {"iso-8859-1-windows-3.1-latin-1", kWindows1252},
    {"latin1", kWindows1252},
    {"latin-1", kWindows1252},
    {"l1", kWindows1252},
    {"cp819", kWindows1252},
    {"ibm819", kWindows1252},
    {"windows-1252", kWindows1252},
    {"cp1252", kWindows1252},
    {"cp-1252", kWindows1252},
    {"x-cp1252", kWindows1252},
    {"ansi", kWindows1252},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso8859-2", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"l2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"latin3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"latin4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"cyrillic", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-6-e", "ISO-8859-6"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"arabic", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"greek", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"hebrew", "ISO-8859-8"},
    {"iso-8859-9", "CP1254"},
    {"iso8859-9", "CP1254"},
    {"latin5", "CP1254"},
    {"windows-1254", "CP1254"},
    {"cp1254", "CP1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"latin6", "ISO-8859-10"},
    {"iso-8859-11", "CP874"},
    {"windows-874", "CP874"},
    {"tis-620", "CP874"},
    {"cp874", "CP874"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso8859-15", "ISO-8859-15"},
    {"latin-9", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "CP1250"},
    {"cp1250", "CP1250"},
    {"windows-1251", "CP1251"},
    {"cp1251", "CP1251"},
    {"windows-1253", "CP1253"},
    {"cp1253", "CP1253"},
    {"windows-1255", "CP1255"},
    {"cp1255", "CP1255"},
    {"windows-1256", "CP1256"},
    {"cp1256", "CP1256"},
    {"windows-1257", "CP1257"},
    {"cp1257", "CP1257"},
    {"windows-1258", "CP1258"},
    {"cp1258", "CP1258"},
    {"koi8-r", "KOI8-R"},
    {"koi8", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"koi8-ru", "KOI8-U"},
    {"macintosh", "MACINTOSH"},
    {"mac", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"ibm437", "CP437"},
    {"cp437", "CP437"},
    {"ibm850", "CP850"},
    {"cp850", "CP850"},
    {"ibm852", "CP852"},
    {"cp852", "CP852"},
    {"ibm866", "CP866"},
    {"cp866", "CP866"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"cp932", "CP932"},
    {"ms_kanji", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"x-euc-jp", "EUC-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"ksc5601", "CP949"},
    {"korean", "CP949"},
    {"windows-949", "CP949"},
    {"cp949", "CP949"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"x-gbk", "GB18030"},
    {"gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"windows-936", "GB18030"},
    {"euc-cn", "GB18030"},
    {"chinese", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"cn-big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"utf-7", "UTF-7"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"unicode", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
});

constexpr auto kSortedLabels = [] {
    auto labels = kLabels;
    std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.label < b.label; });
    return labels;
}();
constexpr std::size_t kLongestLabel = [] {
    std::size_t longest = 0;
    for (const Label& entry : kLabels)
        longest = std::max(longest, entry.label.size());
    return longest;
}();

DecodedText repair_utf8(std::string_view octets) {
    if (octets.starts_with("\xEF\xBB\xBF")) octets.remove_prefix(3);
    DecodedText out;
    if (is_utf8(octets)) {
        out.text = octets;
        return out;
    }
    out.text.reserve(octets.size());
    while (!octets.empty()) {
        const std::size_t length = utf8_sequence_length(octets);
        if (length == 0) {
            out.text += kReplacement;
            out.problem = true;
        } else {
            out.text += octets.substr(0, length);
        }
        octets.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

struct IconvClose {
    void operator()(void* handle) const { iconv_close(handle); }
};

// The converter of that name, in its initial state; nullptr where this system lacks it. A message in an old charset
// needs it several times, and glibc loads and unloads a shared object each time: half of the time that the corpora
// take. Nothing of a text stays in a converter: the state is reset.
iconv_t converter(std::string_view name) {
    thread_local std::map<std::string_view, std::unique_ptr<void, IconvClose>>
        opened;  // names are those of kLabels
    auto& handle = opened[name];
    if (!handle) {
        const iconv_t fresh = iconv_open("UTF-8", std::string(name).c_str());
        if (fresh == reinterpret_cast<iconv_t>(-1)) return nullptr;
        handle.reset(fresh);
    }
    iconv(handle.get(), nullptr, nullptr, nullptr, nullptr);
    return handle.get();
}

// iconv() of glibc takes a pointer to non-const input, which it does not change.
DecodedText convert(std::string_view octets, std::string_view name) {
    const iconv_t opened = converter(name);
    if (opened == nullptr) return {repair_utf8(octets).text, true};
    const std::size_t unit = name.starts_with("UTF-16") ? 2 : 1;
    DecodedText out;
    std::array<char, 4096> buffer{};
    char* in = const_cast<char*>(octets.data());
    std::size_t left = octets.size();
    while (true) {
        char* end = buffer.data();
        std::size_t room = buffer.size();
        const std::size_t before = left;
        const bool flush = left == 0;
        const std::size_t done = iconv(opened, flush ? nullptr : &in, flush ? nullptr : &left, &end, &room);
        const int error = done == static_cast<std::size_t>(-1) ? errno : 0;
        out.text.append(buffer.data(), buffer.size() - room);
        if (flush) break;
        if (error == 0) continue;
        if (error == E2BIG && (left < before || room < buffer.size())) continue;
        out.text += kReplacement;
        out.problem = true;
        const std::size_t skipped = error == EINVAL ? left : std::min(unit, left);
        in += skipped;
        left -= skipped;
    }
    // A converter may yield surrogates or a byte order mark.
    DecodedText checked = repair_utf8(out.text);
    checked.problem = checked.problem || out.problem;
    return checked;
}

DecodedText decode_undeclared(std::string_view octets) {
    if (is_utf8(octets)) return {repair_utf8(octets).text, true};
    return {convert(octets, kWindows1252).text, true};
}

}  // namespace

std::string_view iconv_name(std::string_view label) {
    label = ascii::trim(label);
    if (label.size() > kLongestLabel) return {};
    std::array<char, kLongestLabel> lower{};
    std::transform(label.begin(), label.end(), lower.begin(), ascii::lower);
    const std::string_view wanted(lower.data(), label.size());
    const auto found =
        std::lower_bound(kSortedLabels.begin(), kSortedLabels.end(), wanted,
                         [](const Label& entry, std::string_view text) { return entry.label < text; });
    return found == kSortedLabels.end() || found->label != wanted ? std::string_view{} : found->name;
}

DecodedText decode_charset(std::string_view octets, std::string_view label) {
    const std::string_view name = iconv_name(label);
    const bool unknown = name.empty() && !label.empty();
    if (name.empty() || name == kAscii) {
        if (ascii::is_ascii(octets)) return {std::string(octets), unknown};
        return decode_undeclared(octets);
    }
    if (name == kUtf8) return repair_utf8(octets);
    // All the others have ASCII where ASCII is.
    const bool has_states = name.starts_with("UTF-") || name.starts_with("ISO-2022");
    if (!has_states && ascii::is_ascii(octets)) return {std::string(octets), false};
    return convert(octets, name);
}

}  // namespace mailpipe::mime
