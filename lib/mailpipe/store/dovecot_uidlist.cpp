#include "mailpipe/store/dovecot_uidlist.hpp"

#include <algorithm>
#include <limits>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::store {
namespace {

using std::string_view;

std::optional<std::uint32_t> parse_uid(string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

// The next line, without its end; what is left of a file that was being written is none.
std::optional<string_view> take_line(string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == string_view::npos) return std::nullopt;
    const string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

string_view take_word(string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

std::optional<DovecotUidlistHeader> parse_header(string_view line, bool& fields) {
    fields = line.starts_with("3 ");
    if (!fields && !line.starts_with("1 ")) return std::nullopt;
    line.remove_prefix(2);
    std::optional<std::uint32_t> validity, next;
    if (!fields) {
        validity = parse_uid(take_word(line));
        next = parse_uid(take_word(line));
    }
    while (fields && !line.empty()) {
        const string_view word = take_word(line);
        if (word.starts_with('V')) validity = parse_uid(word.substr(1));
        if (word.starts_with('N')) next = parse_uid(word.substr(1));
    }
    if (!validity) return std::nullopt;
    return DovecotUidlistHeader{*validity, next.value_or(1)};
}

}  // namespace

std::optional<DovecotUidlistHeader> parse_dovecot_uidlist(
    string_view text, const std::function<void(const DovecotUidlistLine&)>& use) {
    bool fields = false;
    const auto first = take_line(text);
    const auto header = first ? parse_header(*first, fields) : std::nullopt;
    if (!header) return std::nullopt;
    while (auto rest = take_line(text)) {
        const auto uid = parse_uid(take_word(*rest));
        if (!uid) continue;
        DovecotUidlistLine line;
        line.uid = *uid;
        while (fields && !rest->empty() && rest->front() != ':') {
            const string_view word = take_word(*rest);
            if (word.starts_with('P')) line.uidl = word.substr(1);
            if (word.starts_with('W')) line.size = ascii::parse_number(word.substr(1));
        }
        if (fields && !rest->empty()) rest->remove_prefix(1);
        line.filename = *rest;
        use(line);
    }
    return header;
}

}  // namespace mailpipe::store
