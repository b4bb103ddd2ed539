#include "mailpipe/app/display_width.hpp"

#include <unicode/uchar.h>

#include <algorithm>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

// The first character; an octet that is no UTF-8 stands for itself.
struct Character {
    std::string_view octets;
    char32_t point;
};

Character first_character(std::string_view text) {
    const std::string_view octets = text.substr(0, std::max<std::size_t>(1, utf8_sequence_length(text)));
    return {octets, utf8_code_point(octets)};
}

bool is_pictographic(char32_t point) {
    return u_hasBinaryProperty(static_cast<UChar32>(point), UCHAR_EXTENDED_PICTOGRAPHIC) != 0;
}

int break_property(char32_t point) {
    return u_getIntPropertyValue(static_cast<UChar32>(point), UCHAR_GRAPHEME_CLUSTER_BREAK);
}

bool is_control(int property) {
    return property == U_GCB_CONTROL || property == U_GCB_CR || property == U_GCB_LF;
}

// GB6 to GB8: syllables of Hangul.
bool joins_hangul(int before, int after) {
    switch (before) {
        case U_GCB_L:
            return after == U_GCB_L || after == U_GCB_V || after == U_GCB_LV || after == U_GCB_LVT;
        case U_GCB_LV:
        case U_GCB_V:
            return after == U_GCB_V || after == U_GCB_T;
        case U_GCB_LVT:
        case U_GCB_T:
            return after == U_GCB_T;
        default:
            return false;
    }
}

// The rules GB3 to GB13 of UAX #29, character by character.
class ClusterRules {
 public:
    explicit ClusterRules(char32_t first) { take(first, break_property(first)); }

    // Whether the next character belongs to the cluster; it is then taken.
    bool join(char32_t next) {
        const int property = break_property(next);
        if (!joins(next, property)) return false;
        take(next, property);
        return true;
    }

 private:
    bool joins(char32_t next, int property) const {
        if (before_ == U_GCB_CR && property == U_GCB_LF) return true;
        if (is_control(before_) || is_control(property)) return false;
        if (joins_hangul(before_, property)) return true;
        if (property == U_GCB_EXTEND || property == U_GCB_ZWJ || property == U_GCB_SPACING_MARK) return true;
        if (before_ == U_GCB_PREPEND) return true;
        if (before_ == U_GCB_ZWJ && pictographic_) return is_pictographic(next);
        return property == U_GCB_REGIONAL_INDICATOR && indicators_ == 1;
    }
    void take(char32_t point, int property) {
        // GB11: Extended_Pictographic Extend* ZWJ, one of these.
        const bool goes_on = (property == U_GCB_EXTEND || property == U_GCB_ZWJ) && before_ != U_GCB_ZWJ;
        pictographic_ = goes_on ? pictographic_ : is_pictographic(point);
        indicators_ = property == U_GCB_REGIONAL_INDICATOR ? indicators_ + 1 : 0;
        before_ = property;
    }

    int before_ = 0;
    bool pictographic_ = false;  // Extended_Pictographic Extend* stands before
    int indicators_ = 0;
};

constexpr char32_t kEmojiVariant = 0xFE0F;

std::size_t columns_of_character(char32_t point) {
    if (point < 0x300) return 1;
    const auto code = static_cast<UChar32>(point);
    switch (u_charType(code)) {
        case U_NON_SPACING_MARK:
        case U_ENCLOSING_MARK:
        case U_FORMAT_CHAR:
            return 0;
        default:
            break;
    }
    // The vowels and finals of a syllable that is written in Jamo.
    if (const int property = break_property(point); property == U_GCB_V || property == U_GCB_T) return 0;
    const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

std::size_t columns_of_cluster(std::string_view cluster) {
    const Character first = first_character(cluster);
    if (first.octets.size() == cluster.size()) return columns_of_character(first.point);
    const bool indicator = break_property(first.point) == U_GCB_REGIONAL_INDICATOR;
    const bool emoji = u_hasBinaryProperty(static_cast<UChar32>(first.point), UCHAR_EMOJI) != 0;
    const bool pictographic = is_pictographic(first.point);
    std::size_t columns = columns_of_character(first.point);
    std::string_view rest = cluster.substr(first.octets.size());
    while (!rest.empty()) {
        const Character next = first_character(rest);
        if (indicator || (emoji && next.point == kEmojiVariant)) return 2;
        if (!pictographic) columns += columns_of_character(next.point);
        rest.remove_prefix(next.octets.size());
    }
    return columns;
}

}  // namespace

std::size_t cluster_length(std::string_view utf8) {
    if (utf8.empty()) return 0;
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\r'; };
    if (is_plain(utf8[0]) && (utf8.size() == 1 || is_plain(utf8[1]))) return 1;
    const Character first = first_character(utf8);
    if (utf8_sequence_length(utf8) == 0) return 1;
    ClusterRules rules(first.point);
    std::size_t length = first.octets.size();
    while (length < utf8.size()) {
        const std::string_view rest = utf8.substr(length);
        if (utf8_sequence_length(rest) == 0) break;
        const Character next = first_character(rest);
        if (!rules.join(next.point)) break;
        length += next.octets.size();
    }
    return length;
}

std::size_t display_width(std::string_view utf8) {
    std::size_t width = 0;
    while (!utf8.empty()) {
        const std::size_t length = cluster_length(utf8);
        width += columns_of_cluster(utf8.substr(0, length));
        utf8.remove_prefix(length);
    }
    return width;
}

std::string fit(std::string_view utf8, std::size_t columns) {
    const std::size_t width = display_width(utf8);
    if (width <= columns) return std::string(utf8) + std::string(columns - width, ' ');
    std::string out;
    std::size_t used = 0;
    while (true) {
        const std::string_view cluster = utf8.substr(0, cluster_length(utf8));
        const std::size_t more = columns_of_cluster(cluster);
        if (used + more + 1 > columns) break;
        out += cluster;
        used += more;
        utf8.remove_prefix(cluster.size());
    }
    if (used < columns) {
        out += "\xE2\x80\xA6";
        ++used;
    }
    return out + std::string(columns - used, ' ');
}

}  // namespace mailpipe::app
