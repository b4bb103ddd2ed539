#include "mailpipe/app/list/table.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kFlags = 4;
constexpr std::size_t kDate = 16;
constexpr std::size_t kSize = 5;
constexpr std::size_t kLeastWidth = 60;

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode 15 general categories Mn and Me of the scripts that mail is written in, and the joiners.
constexpr std::array kZeroWidth{
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},   Range{0x0610, 0x061A},
    Range{0x064B, 0x065F}, Range{0x0900, 0x0902}, Range{0x093C, 0x093C},   Range{0x0941, 0x0948},
    Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A}, Range{0x0E47, 0x0E4E},   Range{0x1AB0, 0x1AFF},
    Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200D}, Range{0x20D0, 0x20FF},   Range{0xFE00, 0xFE0F},
    Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}, Range{0xE0100, 0xE01EF},
};
// East Asian Width W and F (UAX #11).
constexpr std::array kWide{
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x2329, 0x232A},   Range{0x23E9, 0x23EC},
    Range{0x25FD, 0x25FE},   Range{0x2614, 0x2615},   Range{0x2648, 0x2653},   Range{0x26A1, 0x26A1},
    Range{0x26BD, 0x26BE},   Range{0x26D4, 0x26D4},   Range{0x2705, 0x2705},   Range{0x270A, 0x270B},
    Range{0x2728, 0x2728},   Range{0x274C, 0x274C},   Range{0x2753, 0x2757},   Range{0x2795, 0x2797},
    Range{0x2B1B, 0x2B1C},   Range{0x2B50, 0x2B50},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
    Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97F},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF01, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF},
    Range{0x1FA70, 0x1FAFF}, Range{0x20000, 0x3FFFD},
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t point) {
    const auto behind =
        std::upper_bound(ranges.begin(), ranges.end(), point,
                         [](char32_t value, const Range& range) { return value < range.first; });
    return behind != ranges.begin() && point <= std::prev(behind)->last;
}

char32_t code_point(std::string_view sequence) {
    static constexpr std::array<unsigned char, 5> kMask{0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t point = static_cast<unsigned char>(sequence[0]) & kMask[sequence.size()];
    for (const char c : sequence.substr(1))
        point = (point << 6) | (static_cast<unsigned char>(c) & 0x3F);
    return point;
}

std::size_t columns_of(std::string_view sequence) {
    const char32_t point = code_point(sequence);
    if (point < 0x300) return 1;
    if (is_in(kZeroWidth, point)) return 0;
    return is_in(kWide, point) ? 2 : 1;
}

// The sequence at the start; an octet that is no UTF-8 stands for itself.
std::string_view first_sequence(std::string_view text) {
    return text.substr(0, std::max<std::size_t>(1, utf8_sequence_length(text)));
}

std::string flags_of(const email::Json& json) {
    const auto keywords = json.find("keywords");
    if (keywords == json.end()) return {};
    const auto has = [&](const char* keyword) { return keywords->contains(keyword); };
    std::string flags;
    if (!has("$seen")) flags += 'N';
    if (has("$answered")) flags += 'R';
    if (has("$flagged")) flags += 'F';
    if (has("$draft")) flags += 'T';
    if (has("$deleted")) flags += 'D';
    return flags;
}

std::string date_of(const email::Json& json) {
    for (const char* key : {"sentAt", "receivedAt"}) {
        const auto date = json.find(key);
        if (date == json.end()) continue;
        std::string text = date->get<std::string>().substr(0, kDate);
        std::replace(text.begin(), text.end(), 'T', ' ');
        return text;
    }
    return {};
}

std::string from_of(const email::Json& json) {
    const auto from = json.find("from");
    if (from == json.end() || from->empty()) return {};
    const email::Json& first = from->front();
    const auto name = first.find("name");
    if (name != first.end() && name->is_string()) return name->get<std::string>();
    return first.value("email", std::string());
}

// TAB would move what stands behind it.
std::string one_line(const std::string& text) {
    std::string out = terminal_text(text);
    std::replace(out.begin(), out.end(), '\t', ' ');
    return out;
}

std::string compose(std::string_view flags, std::string_view date, std::string_view from,
                    std::string_view subject, std::string_view size, std::size_t width) {
    width = std::max(width, kLeastWidth);
    const std::size_t rest = width - kFlags - kDate - kSize - 4;
    const std::size_t from_width = std::min<std::size_t>(24, rest / 3);
    const std::string padding(kSize - std::min(kSize, size.size()), ' ');
    return fit(flags, kFlags) + " " + fit(date, kDate) + " " + fit(from, from_width) + " " +
           fit(subject, rest - from_width) + " " + padding + std::string(size);
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
    std::size_t width = 0;
    while (!utf8.empty()) {
        const std::string_view sequence = first_sequence(utf8);
        width += columns_of(sequence);
        utf8.remove_prefix(sequence.size());
    }
    return width;
}

std::string fit(std::string_view utf8, std::size_t columns) {
    const std::size_t width = display_width(utf8);
    if (width <= columns) return std::string(utf8) + std::string(columns - width, ' ');
    std::string out;
    std::size_t used = 0;
    while (true) {
        const std::string_view sequence = first_sequence(utf8);
        const std::size_t more = columns_of(sequence);
        if (used + more + 1 > columns) break;
        out += sequence;
        used += more;
        utf8.remove_prefix(sequence.size());
    }
    if (used < columns) {
        out += "\xE2\x80\xA6";
        ++used;
    }
    return out + std::string(columns - used, ' ');
}

std::string short_size(std::uint64_t octets) {
    static constexpr std::array kUnits{'K', 'M', 'G', 'T', 'P', 'E'};
    if (octets < 1000) return std::to_string(octets);
    std::uint64_t tenths = octets * 10 / 1024;
    if (octets > UINT64_MAX / 10) tenths = octets / 1024 * 10;
    std::size_t unit = 0;
    while (tenths >= 10'000 && unit + 1 < kUnits.size()) {
        tenths /= 1024;
        ++unit;
    }
    std::string text = std::to_string(tenths / 10);
    if (tenths < 100) text += "." + std::to_string(tenths % 10);
    return text + kUnits[unit];
}

std::string table_heading(std::size_t width) {
    return compose("", "DATE", "FROM", "SUBJECT", "SIZE", width);
}

std::string table_row(const email::Json& json, std::size_t width, std::string_view branch) {
    const auto size = json.find("size");
    return compose(flags_of(json), one_line(date_of(json)), one_line(from_of(json)),
                   std::string(branch) + one_line(json.value("subject", std::string())),
                   size == json.end() ? std::string() : short_size(size->get<std::uint64_t>()), width);
}

}  // namespace mailpipe::app
