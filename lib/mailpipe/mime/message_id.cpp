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

}  // namespace

std::vector<std::string> parse_message_ids(std::string_view value, LimitSet* limits) {
    std::vector<std::string> ids;
    std::vector<std::string> words;
    std::size_t at = 0;
    while (true) {
        skip_cfws(value, at);
        if (at >= value.size()) break;
        if (std::max(ids.size(), words.size()) >= limits::kFieldItems) {
            if (limits != nullptr) limits->add(Limit::field_items);
            break;
        }
        if (value[at] == '<') {
            ++at;
            if (auto id = read_id(value, at); !id.empty()) ids.push_back(std::move(id));
        } else if (value[at] == '"') {
            read_quoted_string(value, at);
        } else {
            const std::size_t start = at;
            while (at < value.size() && !ascii::is_space(value[at]) && value[at] != '<' && value[at] != '(')
                ++at;
            const std::string_view word = value.substr(start, at - start);
            if (word.find('@') != std::string_view::npos) words.push_back(decode_charset(word, "").text);
        }
    }
    return ids.empty() ? words : ids;
}

}  // namespace mailpipe::mime
