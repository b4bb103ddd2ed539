#include "mailpipe/app/serve/test/imap_command.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/command_framer.hpp"

namespace mailpipe::app::serve {
namespace {

// Which argument is the name, from 0.
struct Naming {
    std::string_view verb;
    std::size_t argument;
};
constexpr auto kNamings = std::to_array<Naming>({
    {"LOGIN", 0},       {"SELECT", 0},      {"EXAMINE", 0},     {"CREATE", 0},   {"DELETE", 0},
    {"RENAME", 0},      {"SUBSCRIBE", 0},   {"UNSUBSCRIBE", 0}, {"STATUS", 0},   {"APPEND", 0},
    {"REPLACE", 1},     {"COPY", 1},        {"MOVE", 1},        {"GETACL", 0},   {"SETACL", 0},
    {"DELETEACL", 0},   {"LISTRIGHTS", 0},  {"MYRIGHTS", 0},    {"RESETKEY", 0}, {"GETQUOTAROOT", 0},
    {"GETMETADATA", 0}, {"SETMETADATA", 0},
});

class Words {
 public:
    explicit Words(std::string_view line) : line_(line) {}

    std::string_view word() {
        skip_spaces();
        const std::size_t begin = at_;
        at_ = std::min(line_.find(' ', at_), line_.size());
        return line_.substr(begin, at_ - begin);
    }

    // astring, or options in parentheses.
    std::string argument() {
        skip_spaces();
        if (at_ == line_.size() || (line_[at_] != '"' && line_[at_] != '(')) return std::string(word());
        const bool quoted = line_[at_] == '"';
        std::string out;
        for (++at_; at_ < line_.size(); ++at_) {
            if (line_[at_] == (quoted ? '"' : ')')) {
                ++at_;
                break;
            }
            if (quoted && line_[at_] == '\\' && at_ + 1 < line_.size()) ++at_;
            out += line_[at_];
        }
        return out;
    }
    bool at_options() {
        skip_spaces();
        return at_ < line_.size() && line_[at_] == '(';
    }
    std::size_t at() const { return at_; }

 private:
    void skip_spaces() {
        while (at_ < line_.size() && line_[at_] == ' ')
            ++at_;
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_append(std::string_view verb) {
    return verb == "APPEND" || verb == "REPLACE";
}

ImapCommand parse_imap_command(std::string_view line) {
    ImapCommand command;
    const auto marker = imap::server::literal_marker(line);
    Words words(line);
    command.tag = words.word();
    command.verb = ascii::to_upper(words.word());
    if (command.verb == "UID") command.verb = ascii::to_upper(words.word());
    const auto naming = std::find_if(kNamings.begin(), kNamings.end(),
                                     [&command](const Naming& one) { return one.verb == command.verb; });
    if (naming == kNamings.end()) return command;
    for (std::size_t i = 0; i < naming->argument; ++i)
        (void)words.argument();
    // RFC 5464 section 4.2
    if (command.verb == "GETMETADATA" && words.at_options()) (void)words.argument();
    command.name = words.argument();
    command.name_end = words.at();
    command.name_follows = marker && command.name.size() == marker->length && words.at() == line.size();
    if (command.name_follows) command.name.clear();
    if (command.name_follows) command.name_end = 0;
    return command;
}

}  // namespace mailpipe::app::serve
