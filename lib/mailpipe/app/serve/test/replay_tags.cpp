#include "mailpipe/app/serve/test/replay_tags.hpp"

#include <algorithm>

#include "mailpipe/app/serve/test/dialogue_script.hpp"

namespace mailpipe::app::serve {
namespace {

void drain(ImapSegments& segments, std::string_view octets) {
    segments.feed(octets);
    while (segments.next()) {
    }
}

std::string_view tag_of(std::string_view line) {
    const std::size_t space = line.find(' ');
    return line.substr(0, space == std::string_view::npos ? 0 : space);
}

}  // namespace

bool ReplayTags::matches(std::string_view expected, std::string_view got) {
    const bool begins = client_.at_boundary();
    drain(client_, got);
    if (matches_line(expected, got)) return true;
    const std::string_view recorded = tag_of(expected);
    const std::string_view tag = tag_of(got);
    if (!begins || recorded.empty() || tag.empty()) return false;
    if (!matches_line(expected.substr(recorded.size()), got.substr(tag.size()))) return false;
    return tags_.emplace(recorded, tag).first->second == tag;
}

std::string ReplayTags::server_octets(std::string_view octets) {
    // In an ESEARCH response (RFC 4731 section 3.1) the tag stands in quotes.
    constexpr std::string_view kCorrelator = "* ESEARCH (TAG \"";
    const bool begins = server_.at_boundary();
    drain(server_, octets);
    if (!begins) return std::string(octets);
    const std::size_t at = octets.starts_with(kCorrelator) ? kCorrelator.size() : 0;
    const std::size_t end = std::min(octets.find_first_of(" \"", at), octets.size());
    const auto tag = tags_.find(octets.substr(at, end - at));
    if (tag == tags_.end()) return std::string(octets);
    return std::string(octets.substr(0, at)).append(tag->second).append(octets.substr(end));
}

}  // namespace mailpipe::app::serve
