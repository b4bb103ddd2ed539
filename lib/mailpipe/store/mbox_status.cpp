#include "mailpipe/store/mbox_status.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::store {
namespace {

struct Letter {
    char letter;
    std::string_view keyword;
    bool extended;  // in X-Status
};
constexpr std::array<Letter, 5> kLetters{{{'R', "$seen", false},
                                          {'A', "$answered", true},
                                          {'F', "$flagged", true},
                                          {'T', "$draft", true},
                                          {'D', "$deleted", true}}};

constexpr std::string_view kStatus = "Status:";
constexpr std::string_view kExtended = "X-Status:";

bool has(const Keywords& keywords, std::string_view keyword) {
    return std::find(keywords.begin(), keywords.end(), keyword) != keywords.end();
}

struct Fields {
    std::string status;
    std::string extended;

    void set(const Letter& known) {
        if (status.find(known.letter) != std::string::npos || extended.find(known.letter) != std::string::npos)
            return;
        if (known.extended) {
            extended += known.letter;
            return;
        }
        // What is read is not recent any more, and programs look for "RO".
        status.insert(0, 1, known.letter);
        if (status.find('O') == std::string::npos) status += 'O';
    }
    void clear(const Letter& known) {
        std::erase(status, known.letter);
        std::erase(extended, known.letter);
    }
};

// The first line of `text` with its line end.
std::string_view first_line(std::string_view text) {
    const std::size_t end = text.find('\n');
    return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

}  // namespace

StatusSet status_set(std::string_view letters) {
    unsigned set = 0;
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
        if (letters.find(kLetters[i].letter) != std::string_view::npos) set |= 1U << i;
    }
    return static_cast<StatusSet>(set);
}

Keywords keywords_of(StatusSet letters) {
    Keywords keywords;
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
        if ((letters >> i & 1U) != 0) keywords.emplace_back(kLetters[i].keyword);
    }
    return keywords;
}

bool has_status_letter(std::string_view keyword) {
    return std::any_of(kLetters.begin(), kLetters.end(),
                       [keyword](const Letter& known) { return known.keyword == keyword; });
}

StatusHeader change_status(std::string_view header, const FlagChange& change) {
    StatusHeader out;
    Fields fields;
    bool in_field = false;
    const std::string line_end = first_line(header).ends_with("\r\n") ? "\r\n" : "\n";
    while (!header.empty()) {
        const std::string_view line = first_line(header);
        header.remove_prefix(line.size());
        const bool continues = line[0] == ' ' || line[0] == '\t';
        if (continues && in_field) continue;
        const bool is_status = ascii::starts_with_ignore_case(line, kStatus);
        in_field = is_status || ascii::starts_with_ignore_case(line, kExtended);
        if (!in_field) {
            out.text += line;
        } else if (is_status) {
            fields.status += ascii::trim(line.substr(kStatus.size()));
        } else {
            fields.extended += ascii::trim(line.substr(kExtended.size()));
        }
    }
    for (const Letter& known : kLetters) {
        if (has(change.add, known.keyword)) fields.set(known);
        if (has(change.remove, known.keyword)) fields.clear(known);
    }
    if (!out.text.empty() && out.text.back() != '\n') out.text += line_end;
    if (!fields.status.empty()) out.text += std::string(kStatus) + " " + fields.status + line_end;
    if (!fields.extended.empty()) out.text += std::string(kExtended) + " " + fields.extended + line_end;
    out.keywords = keywords_of(status_set(fields.status + fields.extended));
    return out;
}

}  // namespace mailpipe::store
