#include "mailpipe/index/uid_trace.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::index {
namespace {

constexpr std::uint64_t kMostModSeq = (std::uint64_t{1} << 62);

void take(UidTrace& trace, std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return;
    const std::string_view word = line.substr(0, space);
    const std::string_view rest = line.substr(space + 1);
    if (word == "Q") {
        const auto modseq = ascii::parse_number(rest);
        if (modseq && *modseq <= kMostModSeq) trace.modseq = std::max(trace.modseq, *modseq);
        return;
    }
    const auto uid = ascii::parse_number(word == "R" ? rest : word);
    if (!uid || *uid == 0 || *uid >= 0xFFFFFFFF || rest.empty()) return;
    if (word == "R") {
        trace.uid_next = std::max(trace.uid_next, static_cast<Uid>(*uid));
        return;
    }
    trace.uid_next = std::max(trace.uid_next, static_cast<Uid>(*uid) + 1);
    // The last line of a base counts: a message that came back under its old name had got a new UID.
    trace.uids.insert_or_assign(std::string(rest), static_cast<Uid>(*uid));
}

}  // namespace

std::optional<UidTrace> parse_uid_trace(std::string_view text) {
    // What is behind the last line end was being written.
    text = text.substr(0, text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n'));
    const auto lines = ascii::split(text, '\n');
    if (lines.empty() || !lines[0].starts_with(kUidTraceMagic)) return std::nullopt;
    const auto words = ascii::split(lines[0].substr(kUidTraceMagic.size()), ' ');
    if (words.size() != 2) return std::nullopt;
    const auto validity = ascii::parse_number(words[0]);
    if (!validity || *validity == 0 || *validity > 0xFFFFFFFF || words[1].empty()) return std::nullopt;
    UidTrace trace;
    trace.uid_validity = static_cast<std::uint32_t>(*validity);
    trace.object_id = words[1];
    for (std::size_t i = 1; i < lines.size(); ++i)
        take(trace, lines[i]);
    return trace;
}

std::string encode_uid_trace_header(std::uint32_t uid_validity, std::string_view object_id) {
    return std::string(kUidTraceMagic) + std::to_string(uid_validity) + " " + std::string(object_id) + "\n";
}

std::string encode_uid_trace_line(Uid uid, std::string_view base) {
    std::string line = std::to_string(uid);
    line += ' ';
    line += base;
    line += '\n';
    return line;
}

std::string encode_uid_trace_reserved(Uid uid) {
    return "R " + std::to_string(uid) + "\n";
}

std::string encode_uid_trace_modseq(ModSeq modseq) {
    return "Q " + std::to_string(modseq) + "\n";
}

}  // namespace mailpipe::index
