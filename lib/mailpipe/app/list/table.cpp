#include "mailpipe/app/list/table.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/app/display_width.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kFlags = 4;
constexpr std::size_t kDate = 16;
constexpr std::size_t kSize = 5;
constexpr std::size_t kLeastWidth = 60;

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
