#include "mailpipe/index/former_uids.hpp"

#include <algorithm>
#include <cerrno>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/index/keyword_letters.hpp"
#include "mailpipe/store/dovecot_uidlist.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::index {
namespace {

using std::string_view;

std::optional<std::uint32_t> parse_uid(string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || *number == 0 || *number >= 0xFFFFFFFF) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

void add(UidTrace& trace, Uid uid, string_view filename) {
    const string_view base = store::base_of(filename);
    if (!store::is_plain_name(base)) return;
    trace.uid_next = std::max(trace.uid_next, uid + 1);
    trace.uids.insert_or_assign(std::string(base), uid);
}

Result<std::optional<std::string>> read_list(int maildir, const std::string& name, const std::string& what) {
    auto file = store::open_regular_at(maildir, name, what + "/" + name);
    if (!file && (file.error().kind == Errc::not_found || file.error().kind == Errc::data)) return std::nullopt;
    if (!file) return std::nullopt;  // not ours to read: as good as none
    auto info = store::stat_fd(file->get(), what);
    if (!info) return tl::unexpected(info.error());
    const auto size = static_cast<std::uint64_t>(info->st_size);
    if (size > kUidList)
        return fail(Errc::limit,
                    what + "/" + name + ": larger than kUidList (" + std::to_string(kUidList) + ")");
    auto text = store::read_range(file->get(), 0, size, what);
    if (!text) return tl::unexpected(text.error());
    return std::optional(std::move(*text));
}

}  // namespace

std::optional<UidTrace> parse_dovecot_uids(string_view text) {
    UidTrace trace;
    const auto header = store::parse_dovecot_uidlist(text, [&trace](const store::DovecotUidlistLine& line) {
        if (line.uid < 0xFFFFFFFF) add(trace, line.uid, line.filename);
    });
    if (!header) return std::nullopt;
    trace.uid_validity = header->uid_validity;
    trace.uid_next = std::max(trace.uid_next, header->uid_next);
    return trace;
}

std::optional<UidTrace> parse_courier_uids(string_view text) {
    const auto lines = ascii::split(text.substr(0, text.rfind('\n') + 1), '\n');
    const auto header = ascii::split(lines[0], ' ');
    if (header.size() != 3 || header[0] != "1") return std::nullopt;
    const auto validity = parse_uid(header[1]), next = parse_uid(header[2]);
    if (!validity || !next) return std::nullopt;
    UidTrace trace;
    trace.uid_validity = *validity;
    trace.uid_next = *next;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::size_t space = lines[i].find(' ');
        if (space == string_view::npos) continue;
        if (const auto uid = parse_uid(lines[i].substr(0, space))) add(trace, *uid, lines[i].substr(space + 1));
    }
    return trace;
}

void parse_courier_keywords(string_view text, UidTrace& trace) {
    bool in_messages = false;
    std::vector<std::optional<std::size_t>> bits;  // of each keyword of the list
    for (const string_view line : ascii::split(text, '\n')) {
        if (!in_messages) {
            in_messages = line.empty();
            if (in_messages) continue;
            bits.emplace_back();
            if (!is_keyword(line) || trace.keywords.size() >= kKeywords) continue;
            bits.back() = trace.keywords.size();
            trace.keywords.emplace_back(line);
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == string_view::npos) continue;
        std::uint64_t keywords = 0;
        for (const string_view word : ascii::split_words(line.substr(colon + 1))) {
            const auto number = ascii::parse_number(word);
            if (number && *number < bits.size() && bits[*number])
                keywords |= std::uint64_t{1} << *bits[*number];
        }
        trace.message_keywords.insert_or_assign(std::string(line.substr(0, colon)), keywords);
    }
}

// What our own trace says beyond another server's: no UID that we gave, or may have given, is given again.
static void take_over(UidTrace& trace, const UidTrace& kept) {
    trace.object_id = kept.object_id;
    trace.uid_next = std::max(trace.uid_next, kept.uid_next);
    trace.modseq = std::max(trace.modseq, kept.modseq);
}

Result<std::optional<UidTrace>> read_former_uids(int maildir, const std::string& what) {
    auto own = read_list(maildir, kUidTrace, what);
    if (!own) return tl::unexpected(own.error());
    const auto kept = *own ? parse_uid_trace(**own) : std::nullopt;
    // Ours is made before the first UID is written to it: a crash in between must not hide another server's.
    if (kept && !kept->uids.empty()) return kept;
    auto dovecot = read_list(maildir, "dovecot-uidlist", what);
    if (!dovecot) return tl::unexpected(dovecot.error());
    if (*dovecot) {
        auto trace = parse_dovecot_uids(**dovecot);
        if (trace && kept) take_over(*trace, *kept);
        if (trace && (!kept || kept->uid_validity == trace->uid_validity)) return trace;
    }
    auto courier = read_list(maildir, "courierimapuiddb", what);
    if (!courier) return tl::unexpected(courier.error());
    auto trace = *courier ? parse_courier_uids(**courier) : std::nullopt;
    if (!trace || (kept && kept->uid_validity != trace->uid_validity)) return kept;
    if (kept) take_over(*trace, *kept);
    auto keywords = read_list(maildir, "courierimapkeywords/:list", what);
    if (!keywords) return tl::unexpected(keywords.error());
    if (*keywords) parse_courier_keywords(**keywords, *trace);
    return trace;
}

}  // namespace mailpipe::index
