#include "mailpipe/imap/server/command_framer.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap::server {
namespace {

constexpr std::size_t kHeadKept = 256;
constexpr std::size_t kTailKept = 32;

bool ends_in_quoted_string(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (quoted && text[i] == '\\') ++i;
    }
    return quoted;
}

}  // namespace

std::optional<LiteralMarker> literal_marker(std::string_view line) {
    if (line.empty() || line.back() != '}') return std::nullopt;
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    std::string_view digits = line.substr(brace + 1, line.size() - brace - 2);
    LiteralMarker marker;
    if (!digits.empty() && digits.back() == '+') {
        marker.synchronizing = false;
        digits.remove_suffix(1);
    }
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), ascii::is_digit)) return std::nullopt;
    if (ends_in_quoted_string(line.substr(0, brace))) return std::nullopt;
    const auto size = ascii::parse_number(digits);
    marker.size = size && *size <= static_cast<std::uint64_t>(INT64_MAX) ? *size : UINT64_MAX;
    marker.binary = brace > 0 && line[brace - 1] == '~';
    marker.length = line.size() - brace + (marker.binary ? 1 : 0);
    return marker;
}

CommandFramer::Step CommandFramer::next_line(wire::InputBuffer& input) {
    while (true) {
        const std::string_view view = input.view();
        const std::size_t at = view.find('\n', scanned_);
        if (at == std::string_view::npos) {
            scanned_ = view.size();
            if (discarding_ ? view.size() > kTailKept : view.size() > limit_ + 1) {
                if (!discarding_) head_ = view.substr(0, kHeadKept);
                discarding_ = true;
                // A CR may be half of the line's end.
                input.consume(view.size() - kTailKept);
                scanned_ = kTailKept;
            }
            return {};
        }
        if (at == 0 || view[at - 1] != '\r') {
            scanned_ = at + 1;
            if (std::exchange(said_bare_lf_, true)) continue;
            return Step{Status::bare_lf};
        }
        scanned_ = 0;
        said_bare_lf_ = false;
        input.consume(at + 1);
        const std::string_view line = view.substr(0, at - 1);
        if (!discarding_ && line.size() <= limit_) return Step{Status::line, line, false};
        if (!discarding_) head_ = line.substr(0, kHeadKept);
        discarding_ = false;
        const std::string_view tail = line.substr(line.size() - std::min(line.size(), kTailKept));
        const bool marker = tail.ends_with('}') && tail.find('{') != std::string_view::npos;
        return Step{Status::too_long, head_, marker};
    }
}

std::string_view CommandFramer::next_octets(wire::InputBuffer& input, std::uint64_t missing) {
    const std::string_view view = input.view();
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(view.size(), missing));
    input.consume(count);
    return view.substr(0, count);
}

}  // namespace mailpipe::imap::server
