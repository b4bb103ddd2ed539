#include "mailpipe/app/serve/test/imap_reply_edit.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kBye = "* BYE Server is going down\r\n";

struct Lie {
    std::string_view word;  // in front of the number
    std::optional<NumberChange> Fault::*change;
};
constexpr std::array kLies{
    Lie{"MESSAGES", &Fault::wrong_count},
    Lie{"RFC822.SIZE", &Fault::wrong_size},
    Lie{"SIZE", &Fault::wrong_size},
    Lie{"UID", &Fault::wrong_uid},
    Lie{"UIDNEXT", &Fault::wrong_uidnext},
    Lie{"UIDVALIDITY", &Fault::wrong_uidvalidity},
    Lie{"APPENDUID", &Fault::wrong_uidvalidity},
    Lie{"COPYUID", &Fault::wrong_uidvalidity},
    Lie{"HIGHESTMODSEQ", &Fault::wrong_modseq},
    Lie{"MODSEQ", &Fault::wrong_modseq},
};

// Behind the quoted string that begins there.
std::size_t end_of_quoted(std::string_view line, std::size_t at) {
    for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\') ++at;
    }
    return std::min(at + 1, line.size());
}

bool is_number(std::string_view word) {
    return std::all_of(word.begin(), word.end(), ascii::is_digit);
}

std::string changed(std::string_view number, const NumberChange& change) {
    return std::to_string(change.of(ascii::parse_number(number).value_or(0)));
}

}  // namespace

void ImapReplyEdit::begin(std::string tag, std::string verb, const Fault* fault) {
    tag_ = std::move(tag);
    verb_ = std::move(verb);
    fault_ = fault;
    result_ = fault == nullptr ? std::nullopt : fault->wrong_result;
    responses_ = 0;
}

ImapReplyEdit::Kind ImapReplyEdit::kind_of(std::string_view line) {
    return line.starts_with('+') ? Kind::continuation : line.starts_with("* ") ? Kind::untagged : Kind::tagged;
}

std::string ImapReplyEdit::edit(const Segment& segment) {
    if (ended_) return {};
    if (segment.is_literal) return edit_literal(segment.octets);
    std::string out;
    if (segment.first) begin_response(segment.octets, out);
    if (ended_) return out;
    if (kind_ == Kind::tagged && result_) return out + tag_ + ' ' + *result_;
    out += fault_ == nullptr || kind_ == Kind::continuation ? segment.octets : edit_line(segment.octets);
    if (fault_ == nullptr) return out;
    if (kind_ == Kind::continuation && verb_ == "IDLE") {
        out += fault_->unsolicited.value_or("");
        ended_ = fault_->bye_after == 0U;
        if (ended_) out += kBye;
    }
    literal_size_ = segment.literal.value_or(0);
    literal_octets_ = 0;
    if (fault_->cut_literal && literal_size_ > 0) ended_ = *fault_->cut_literal == 0 || literal_size_ == 1;
    return out;
}

void ImapReplyEdit::begin_response(std::string_view line, std::string& out) {
    kind_ = kind_of(line);
    is_status_ = kind_ != Kind::continuation && ImapSegments::is_status(line);
    depth_ = brackets_ = 0;
    if (fault_ == nullptr || kind_ == Kind::continuation) return;
    const bool last = kind_ == Kind::tagged;
    if (last && verb_ != "IDLE") out = fault_->unsolicited.value_or("");
    ended_ = fault_->bye_after && (last || responses_ >= *fault_->bye_after);
    if (ended_) out += kBye;
    ++responses_;
}

// Fewer octets than were announced, always.
std::string ImapReplyEdit::edit_literal(std::string_view octets) {
    if (fault_ != nullptr && fault_->cut_literal) {
        const std::uint64_t left = std::min(*fault_->cut_literal, literal_size_ - 1) - literal_octets_;
        ended_ = octets.size() >= left;
        if (ended_) octets = octets.substr(0, static_cast<std::size_t>(left));
    }
    literal_octets_ += octets.size();
    return std::string(octets);
}

std::string ImapReplyEdit::edit_line(std::string_view line) {
    std::string out;
    const NumberChange* change = nullptr;  // of the number that may come next
    std::string_view number;               // before the word
    for (std::size_t at = 0; at < line.size();) {
        const char c = line[at];
        const std::size_t end =
            c == '"' ? end_of_quoted(line, at) : std::min(line.find_first_of(" ()[]\"\r\n", at), line.size());
        if (end == at) {
            depth_ += c == '(' ? 1 : c == ')' ? -1 : 0;
            brackets_ += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c != ' ' && c != '(') change = nullptr;
            out += c;
            ++at;
            continue;
        }
        const std::string_view word = line.substr(at, end - at);
        at = end;
        if (change != nullptr && is_number(word)) {
            out += changed(word, *change);
            change = nullptr;
            continue;
        }
        if (word == "EXISTS" && kind_ == Kind::untagged && fault_->wrong_count &&
            out == "* " + std::string(number) + ' ')
            out = "* " + changed(number, *fault_->wrong_count) + ' ';
        number = is_number(word) ? word : std::string_view();
        change = lie_about(word);
        out += word;
    }
    return out;
}

const NumberChange* ImapReplyEdit::lie_about(std::string_view word) const {
    const bool is_data = is_status_ ? brackets_ == 1 : depth_ == 1 && brackets_ == 0;
    if (!is_data) return nullptr;
    for (const Lie& lie : kLies) {
        const auto& change = fault_->*lie.change;
        if (lie.word == word && change) return &*change;
    }
    return nullptr;
}

}  // namespace mailpipe::app::serve
