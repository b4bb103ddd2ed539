#include "mailpipe/app/serve/test/imap_segments.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/imap/server/command_framer.hpp"

namespace mailpipe::app::serve {

bool ImapSegments::is_status(std::string_view line) {
    const std::size_t begin = std::min(line.find(' '), line.size() - 1) + 1;
    const std::string_view word = line.substr(begin, line.find_first_of(" \r", begin) - begin);
    return word == "OK" || word == "NO" || word == "BAD" || word == "BYE" || word == "PREAUTH";
}

std::optional<ImapSegments::Segment> ImapSegments::next() {
    const bool is_literal = literal_left_ > 0;
    std::size_t size = 0;
    if (is_literal) {
        size = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, input_.size()));
    } else if (const std::size_t at = input_.find("\r\n"); at != std::string::npos) {
        size = at + 2;
    }
    if (size == 0) return std::nullopt;
    Segment segment{input_.substr(0, size), is_literal, !inside_};
    input_.erase(0, size);
    if (is_literal) {
        literal_left_ -= size;
        return segment;
    }
    const std::string_view line = std::string_view(segment.octets).substr(0, size - 2);
    auto marker = imap::server::literal_marker(line);
    if (segment.first && (line.starts_with('+') || is_status(segment.octets))) marker.reset();
    inside_ = marker.has_value();
    if (marker) segment.literal = literal_left_ = marker->size;
    return segment;
}

}  // namespace mailpipe::app::serve
