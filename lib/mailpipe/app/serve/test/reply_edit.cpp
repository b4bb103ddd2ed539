#include "mailpipe/app/serve/test/reply_edit.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kOk = "+OK ";

// Changes the number at `index` of those that stand alone in the line; octets before `begin` do not count.
void change_number(std::string& line, std::size_t index, const std::optional<NumberChange>& change) {
    if (!change) return;
    std::size_t seen = 0;
    for (std::size_t at = 0; at < line.size();) {
        const auto is_digit = [&line](std::size_t i) { return i < line.size() && ascii::is_digit(line[i]); };
        std::size_t end = at;
        while (is_digit(end))
            ++end;
        if (end == at) {
            ++at;
            continue;
        }
        const bool alone = at > 0 && (line[at - 1] == ' ' || line[at - 1] == '(' || line[at - 1] == '-');
        if (alone && seen++ == index) {
            const auto number = ascii::parse_number(std::string_view(line).substr(at, end - at));
            line.replace(at, end - at, std::to_string(change->of(number.value_or(0))));
            return;
        }
        at = end;
    }
}

}  // namespace

void ReplyEdit::begin(std::string verb, std::string_view argument, const Fault* fault) {
    verb_ = std::move(verb);
    has_argument_ = !argument.empty();
    fault_ = fault;
    lines_ = 0;
}

// What has nothing to change behind its first line.
bool ReplyEdit::is_passed() const {
    const bool message = verb_ == "RETR" || verb_ == "TOP";
    const bool lies =
        fault_ != nullptr && (fault_->wrong_count || fault_->wrong_size || fault_->duplicate_uidl);
    return message ? lines_ > 0 : mask_.empty() && !lies && verb_ != "UIDL";
}

std::string ReplyEdit::edit(std::string octets) {
    if (is_passed()) return octets;
    std::string out;
    std::string_view rest = octets;
    while (!rest.empty() && !is_passed()) {
        const std::size_t end = rest.find("\r\n");
        if (end == std::string_view::npos) break;
        out += edit_line(rest.substr(0, end));
        ++lines_;
        rest.remove_prefix(end + 2);
    }
    if (verb_ == "EHLO" || verb_ == "LHLO") end_lines(out);
    return out.append(rest);
}

std::string ReplyEdit::edit_line(std::string_view line) {
    auto masked = mask_.masked(protocol_, verb_, lines_ > 0, line);
    if (!masked) return {};
    const bool listing = protocol_ == FaultProtocol::pop3 && lines_ > 0;
    if (verb_ == "UIDL") edit_uid(*masked, listing ? 0 : kOk.size());
    if (fault_ != nullptr) listing ? edit_listing_line(*masked) : edit_status_line(*masked);
    return *masked + "\r\n";
}

void ReplyEdit::edit_status_line(std::string& line) const {
    if (protocol_ != FaultProtocol::pop3) {
        if (line.compare(3, 6, "-SIZE ") == 0 || line.compare(3, 6, " SIZE ") == 0)
            change_number(line, 0, fault_->wrong_size);
        return;
    }
    if (!line.starts_with("+OK")) return;
    if (verb_ == "RETR") return change_number(line, 0, fault_->wrong_size);
    if (has_argument_ && verb_ == "LIST") return change_number(line, 1, fault_->wrong_size);
    if (has_argument_ && verb_ == "UIDL") return;
    change_number(line, 0, fault_->wrong_count);
    change_number(line, 1, fault_->wrong_size);
}

// unique-id listing = number SP uid, in a listing and behind "+OK ". The first uid that was told is kept, for a client
// that asks for one at a time.
void ReplyEdit::edit_uid(std::string& line, std::size_t begin) {
    const std::size_t space = line.find(' ', begin);
    if (space == std::string::npos || (begin > 0 && !(has_argument_ && line.starts_with(kOk)))) return;
    const std::string number = line.substr(begin, space - begin);
    if (lines_ == 1 || number == "1" || first_uid_.empty()) {
        first_uid_ = line.substr(space + 1);
    } else if (fault_ != nullptr && fault_->duplicate_uidl &&
               (!fault_->message || number == std::to_string(*fault_->message))) {
        line.replace(space + 1, std::string::npos, first_uid_);
    }
}

// scan-listing = number SP size
void ReplyEdit::edit_listing_line(std::string& line) const {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || verb_ != "LIST") return;
    if (fault_->message && line.substr(0, space) != std::to_string(*fault_->message)) return;
    change_number(line, 0, fault_->wrong_size);
}

// Whichever line is the last one now.
void ReplyEdit::end_lines(std::string& out) const {
    if (out.size() < 6 || !out.starts_with("250")) return;
    const std::size_t before = out.rfind("\r\n", out.size() - 3);
    const std::size_t last = before == std::string::npos ? 0 : before + 2;
    if (out.size() > last + 3) out[last + 3] = ' ';
}

}  // namespace mailpipe::app::serve
