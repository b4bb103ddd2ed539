#include "mailpipe/imap/response_framer.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

// In the order of ResponseFramer::Listing.
constexpr std::array<std::string_view, 3> kListings{"* SEARCH", "* SORT", "* THREAD"};
constexpr std::size_t kPiece = 4096;

// Free text may end in "{5}" and is still only text: continuation requests, tagged responses, and the untagged
// OK, NO, BAD, BYE and PREAUTH have no literals.
bool is_status_response(std::string_view line) {
    if (line.substr(0, 2) != "* ") return true;
    line.remove_prefix(2);
    const std::string_view name = line.substr(0, line.find(' '));
    for (std::string_view status : {"OK", "NO", "BAD", "BYE", "PREAUTH"}) {
        if (ascii::equals_ignore_case(name, status)) return true;
    }
    return false;
}

bool in_quoted_string(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (quoted && text[i] == '\\') ++i;
    }
    return quoted;
}

Fail line_limit() {
    return fail(Errc::limit,
                "text of a response longer than kImapLine (" + std::to_string(limits::kImapLine) + " octets)");
}

}  // namespace

// literal = "{" number "}" CRLF *CHAR8          literal8 = "~{" number "}" CRLF *OCTET
Result<std::optional<std::uint64_t>> literal_size(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    const std::string_view digits = line.substr(brace + 1, line.size() - brace - 2);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), ascii::is_digit)) return std::nullopt;
    if (in_quoted_string(line.substr(0, brace))) return std::nullopt;
    const auto size = ascii::parse_number(digits);
    if (!size || *size > static_cast<std::uint64_t>(INT64_MAX)) {
        return fail(Errc::protocol, "size of a literal out of range");
    }
    return size;
}

ResponseFramer::ResponseFramer() : lines_(wire::LineEnd::crlf, limits::kImapLine, "kImapLine") {}

Result<ResponseFramer::Step> ResponseFramer::next(wire::InputBuffer& input) {
    if (state_ == State::literal) return next_literal(input);
    if (state_ == State::start) {
        const std::string_view view = input.view();
        for (std::size_t i = 0; i < kListings.size(); ++i) {
            const std::string_view name = kListings[i];
            if (view.size() <= name.size()) {
                if (ascii::starts_with_ignore_case(name, view)) return Step{};
            } else if (ascii::starts_with_ignore_case(view, name) &&
                       (view[name.size()] == ' ' || view[name.size()] == '\r')) {
                input.consume(name.size());
                state_ = State::numbers;
                listing_ = static_cast<Listing>(i);
                break;
            }
        }
    }
    return state_ == State::numbers ? next_numbers(input) : next_text(input);
}

Result<ResponseFramer::Step> ResponseFramer::next_text(wire::InputBuffer& input) {
    auto line = lines_.next(input);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return Step{};
    Step step{Status::text, **line, true, 0};
    if (state_ == State::start) {
        status_response_ = is_status_response(step.octets);
        text_size_ = 0;
        literals_ = 0;
    }
    text_size_ += step.octets.size();
    if (text_size_ > limits::kImapLine) return line_limit();
    state_ = State::start;
    if (status_response_) return step;
    const auto size = literal_size(step.octets);
    if (!size) return tl::unexpected(size.error());
    if (!*size) return step;
    if (++literals_ > limits::kImapResponseLiterals) {
        return fail(Errc::limit, "more literals in a response than kImapResponseLiterals (" +
                                     std::to_string(limits::kImapResponseLiterals) + ")");
    }
    step.last = false;
    step.literal_size = missing_ = **size;
    state_ = State::literal;
    return step;
}

ResponseFramer::Step ResponseFramer::next_literal(wire::InputBuffer& input) {
    const std::string_view view = input.view();
    if (view.empty() && missing_ > 0) return Step{};
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(view.size(), missing_));
    input.consume(count);
    missing_ -= count;
    if (missing_ == 0) state_ = State::text;
    return Step{Status::literal, view.substr(0, count), missing_ == 0, 0};
}

Result<ResponseFramer::Step> ResponseFramer::next_numbers(wire::InputBuffer& input) {
    const std::string_view view = input.view();
    const std::size_t end = view.find("\r\n");
    if (end != std::string_view::npos) {
        input.consume(end + 2);
        state_ = State::start;
        return Step{Status::numbers, view.substr(0, end), true, 0, listing_};
    }
    if (view.size() < kPiece) return Step{};
    const std::size_t cut = view.find_last_of(" ()");
    if (cut == std::string_view::npos || cut == 0) {
        if (view.size() > 2 * kPiece) return fail(Errc::protocol, "malformed response: number expected");
        return Step{};
    }
    input.consume(cut);
    return Step{Status::numbers, view.substr(0, cut), false, 0, listing_};
}

}  // namespace mailpipe::imap
