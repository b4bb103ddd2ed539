#include "mailpipe/mime/header.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::mime {
namespace {

// The end of the line that starts at `at`, behind its LF.
std::size_t line_end(std::string_view text, std::size_t at) {
    const std::size_t lf = text.find('\n', at);
    return lf == std::string_view::npos ? text.size() : lf + 1;
}

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// field-name = 1*ftext ; ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8); obs-optional allows *WSP before
// ":". UTF-8 in a name is no name (RFC 6532 section 3.7).
std::size_t colon_of_field(std::string_view line) {
    static constexpr auto kIsFtext = [] {
        std::array<bool, 256> table{};
        for (std::size_t c = 33; c < 127; ++c)
            table[c] = c != ':';
        return table;
    }();
    std::size_t at = 0;
    while (at < line.size() && kIsFtext[static_cast<unsigned char>(line[at])])
        ++at;
    const std::size_t name_length = at;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t'))
        ++at;
    return name_length > 0 && at < line.size() && line[at] == ':' ? at : std::string_view::npos;
}

bool is_mbox_from(std::string_view line) {
    return line.starts_with("From ") || line.starts_with(">From ");
}

// Fields that a header begins with, or nearly so. Text that only looks like a field, as "Note: ...", is none of them.
bool is_well_known(std::string_view name) {
    static constexpr auto kNames = std::to_array<std::string_view>(
        {"Bcc", "Cc", "Content-Disposition", "Content-ID", "Content-Transfer-Encoding", "Content-Type", "Date",
         "Delivered-To", "From", "Message-ID", "MIME-Version", "Received", "Reply-To", "Return-Path", "Sender",
         "Subject", "To"});
    return std::any_of(kNames.begin(), kNames.end(),
                       [name](std::string_view known) { return ascii::equals_ignore_case(name, known); });
}

std::string_view trim_end(std::string_view text) {
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

std::size_t skip_continuations(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t'))
        at = line_end(text, at);
    return at;
}

// Whether a header begins at `at`, whatever stands in front of it: the answer of a server, the end of a field.
bool is_well_known_field(std::string_view text, std::size_t at) {
    const std::string_view line = without_line_end(text.substr(at, line_end(text, at) - at));
    const std::size_t colon = colon_of_field(line);
    return colon != std::string_view::npos && is_well_known(trim_end(line.substr(0, colon)));
}

}  // namespace

const Field* Header::find(std::string_view name) const {
    for (const Field& field : fields) {
        if (ascii::equals_ignore_case(field.name, name)) return &field;
    }
    return nullptr;
}

const Field* Header::find_last(std::string_view name) const {
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (field->name.size() == name.size() && ascii::equals_ignore_case(field->name, name)) return &*field;
    }
    return nullptr;
}

std::size_t Header::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [name](const Field& field) {
        return ascii::equals_ignore_case(field.name, name);
    }));
}

Header parse_header(std::string_view text) {
    Header header;
    // Not more at once than what malloc() keeps ready for each thread: of 1 KiB.
    header.fields.reserve(std::min<std::size_t>(text.size() / 48, 1024 / sizeof(Field)));
    bool seen_field = false;
    const std::size_t first = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // a byte order mark, of some editors
    std::size_t at = first;
    while (at < text.size()) {
        const std::size_t start = at;
        at = line_end(text, start);
        const std::string_view line = without_line_end(text.substr(start, at - start));
        if (line.empty()) {
            header.size = at;
            return header;
        }
        const std::size_t colon = colon_of_field(line);
        const auto is_passed_over = [&] {
            return start == first &&
                   (is_mbox_from(line) || is_well_known_field(text, skip_continuations(text, at)));
        };
        if (colon == std::string_view::npos && !seen_field && !is_passed_over()) {
            // The very first line is no field: such text has no header at all, and none of it may be lost.
            header.size = start == first ? 0 : start;
            return header;
        }
        at = skip_continuations(text, at);
        if (colon == std::string_view::npos) continue;
        seen_field = true;
        if (header.fields.size() >= limits::kHeaderFields || at > limits::kHeaderSize) {
            header.limits.add(at > limits::kHeaderSize ? Limit::header_size : Limit::header_fields);
            continue;
        }
        const std::string_view whole = text.substr(start, at - start);
        header.fields.push_back(
            {trim_end(whole.substr(0, colon)), without_line_end(whole.substr(colon + 1)), start, whole.size()});
    }
    header.size = text.size();
    return header;
}

std::string unfold(std::string_view value) {
    if (value.find('\n') == std::string_view::npos) return std::string(value);
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\n' || (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n')) continue;
        out += value[i];
    }
    return out;
}

}  // namespace mailpipe::mime
