#include "mailpipe/mime/message_id.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

// obs-id-left and obs-id-right may hold comments; a "(" that is not closed is none.
std::string without_comments(std::string_view id) {
    std::string out;
    for (std::size_t at = 0; at < id.size();) {
        const std::size_t start = at;
        if (id[at] == '"') {
            read_quoted_string(id, at);
        } else if (id[at] == '(') {
            read_comment(id, at);
            if (id[at - 1] == ')') continue;
        } else {
            ++at;
        }
        out += id.substr(start, at - start);
    }
    return out;
}

// `at` stands behind "<". A bracket that is not closed ends where the next one opens.
std::string read_id(std::string_view value, std::size_t& at) {
    const std::size_t end = std::min(value.find_first_of("<>", at), value.size());
    std::string id(value.substr(at, end - at));
    if (id.find('(') != std::string::npos) id = without_comments(id);
    std::erase_if(id, [](char c) { return ascii::is_space(c); });
    at = end;
    if (at < value.size() && value[at] == '>') ++at;
    return decode_charset(id, "").text;
}

// An id that is to be taken as it stands, as nearly all are, behind its "<"; "" for any other.
std::string_view plain_id(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && text[length] > ' ' && text[length] < 0x7F && text[length] != '(' &&
           text[length] != '<' && text[length] != '>')
        ++length;
    return length < text.size() && text[length] == '>' ? text.substr(0, length) : std::string_view{};
}

}  // namespace

void for_each_message_id(std::string_view value, const std::function<void(std::string_view)>& use,
                         LimitSet* limits) {
    std::size_t ids = 0;
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while (true) {
        skip_cfws(value, at);
        if (at >= value.size()) break;
        if (std::max(ids, words.size()) >= limits::kFieldItems) {
            if (limits != nullptr) limits->add(Limit::field_items);
            break;
        }
        if (value[at] == '<') {
            ++at;
            if (const std::string_view plain = plain_id(value.substr(at)); !plain.empty()) {
                use(plain);
                ++ids;
                at += plain.size() + 1;
            } else if (const std::string id = read_id(value, at); !id.empty()) {
                use(id);
                ++ids;
            }
        } else if (value[at] == '"') {
            read_quoted_string(value, at);
        } else {
            const std::size_t start = at;
            while (at < value.size() && !ascii::is_space(value[at]) && value[at] != '<' && value[at] != '(')
                ++at;
            const std::string_view word = value.substr(start, at - start);
            if (word.find('@') != std::string_view::npos) words.push_back(word);
        }
    }
    if (ids > 0) return;
    for (const std::string_view word : words)
        use(decode_charset(word, "").text);
}

std::vector<std::string> parse_message_ids(std::string_view value, LimitSet* limits) {
    std::vector<std::string> ids;
    for_each_message_id(
        value, [&ids](std::string_view id) { ids.emplace_back(id); }, limits);
    return ids;
}

}  // namespace mailpipe::mime
