#include "mailpipe/app/serve/imap/fetch_line.hpp"

#include <array>
#include <utility>

#include "mailpipe/app/serve/imap/flag_set.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::array<std::pair<index::Flag, std::string_view>, 5> kFlags{{{index::kAnswered, "\\Answered"},
                                                                          {index::kFlagged, "\\Flagged"},
                                                                          {index::kDeleted, "\\Deleted"},
                                                                          {index::kSeen, "\\Seen"},
                                                                          {index::kDraft, "\\Draft"}}};

}  // namespace

std::vector<std::string> flag_names(const index::Snapshot& snapshot, const index::Message& message) {
    std::vector<std::string> names;
    for (const auto& [flag, name] : kFlags)
        if ((message.flags & flag) != 0) names.emplace_back(name);
    for (std::size_t bit = 0; bit < snapshot.keywords().size(); ++bit)
        if ((message.keywords >> bit & 1U) != 0) names.push_back(snapshot.keywords()[bit]);
    return names;
}

void write_flags_of(std::string& out, const index::Snapshot& snapshot, const index::Message& message) {
    out += '(';
    const std::size_t begin = out.size();
    const auto add = [&](std::string_view name) {
        if (out.size() > begin) out += ' ';
        out += name;
    };
    for (const auto& [flag, name] : kFlags)
        if ((message.flags & flag) != 0) add(name);
    for (std::size_t bit = 0; bit < snapshot.keywords().size() && message.keywords >> bit != 0; ++bit)
        if ((message.keywords >> bit & 1U) != 0) add(snapshot.keywords()[bit]);
    out += ')';
}

void write_all_flags(std::string& out, const index::Snapshot& snapshot) {
    out += '(';
    for (const auto& [flag, name] : kFlags)
        out.append(name).append(" ");
    for (const std::string& keyword : snapshot.keywords())
        out.append(keyword).append(" ");
    out.back() = ')';
}

void write_changeable_flags(std::string& out, const index::Snapshot& snapshot, const Rights& rights) {
    std::string names;
    for (const auto& [flag, name] : kFlags)
        if ((allowed_system_flags(rights) & flag) != 0) names.append(" ").append(name);
    if (rights.write()) {
        for (const std::string& keyword : snapshot.keywords())
            names.append(" ").append(keyword);
        if (snapshot.keywords().size() < index::kKeywords) names += " \\*";
    }
    out.append("(").append(names, names.empty() ? 0 : 1).append(")");
}

FetchLine::FetchLine(std::string& out, const Enabled& enabled, std::size_t index, index::Uid uid)
    : out_(out), uid_only_(enabled.uid_only), utf8_(enabled.utf8) {
    out_ += "* ";
    imap::server::write_number(out_, uid_only_ ? uid : index + 1);
    out_ += uid_only_ ? " UIDFETCH (" : " FETCH (";
}

std::string& FetchLine::item() {
    if (!std::exchange(first_, false)) out_ += ' ';
    return out_;
}

void FetchLine::flags(const index::Snapshot& snapshot, const index::Message& message) {
    item() += "FLAGS ";
    write_flags_of(out_, snapshot, message);
}

void FetchLine::uid(index::Uid uid) {
    if (uid_only_) return;
    item() += "UID ";
    imap::server::write_number(out_, uid);
}

void FetchLine::modseq(index::ModSeq modseq) {
    item() += "MODSEQ (";
    imap::server::write_number(out_, modseq);
    out_ += ')';
}

void FetchLine::end() {
    out_ += ")\r\n";
}

void write_changed(std::string& out, const Enabled& enabled, const index::Snapshot& snapshot, std::size_t index,
                   bool with_uid) {
    const index::Message& message = snapshot[index];
    FetchLine line(out, enabled, index, message.uid);
    // RFC 7162 section 3.2.4: with QRESYNC always.
    if (with_uid || enabled.qresync) line.uid(message.uid);
    line.flags(snapshot, message);
    if (enabled.condstore) line.modseq(message.modseq);
    line.end();
}

}  // namespace mailpipe::app::serve
