#include "mailpipe/app/fetch/settled.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/email/search.hpp"

namespace mailpipe::app {
namespace {

// The times of some file systems, and those that come over a network, stand still for so many seconds.
constexpr std::int64_t kCoarsest = 2;

struct Times {
    std::string text;
    std::int64_t last = 0;  // seconds
};

// The time of change, which nobody can set back as a restored backup sets that of modification.
std::optional<Times> times_of(const std::string& path) {
    Times times;
    for (const char* sub : {"/new", "/cur"}) {
        struct stat info {};
        if (::stat((path + sub).c_str(), &info) != 0) return std::nullopt;
        times.text += fmt::format(":{}:{}.{}", info.st_ino, info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
        times.last = std::max<std::int64_t>(times.last, info.st_ctim.tv_sec);
    }
    return times;
}

}  // namespace

std::string settled_rules(const Retention& retention, const Selection& selection) {
    if (!retention.any() && selection.all_messages()) return {};
    if (!selection.search.empty()) {
        const auto query = email::parse_search(selection.search);
        // "*" is another message each time that one comes.
        if (!query || email::needs_within(*query) || selection.search.find('*') != std::string::npos) return {};
    }
    std::string rules;
    const auto add = [&rules](std::string_view name, const auto& value) {
        if (value) rules += fmt::format("{}={},", name, *value);
    };
    if (retention.remove) rules += "delete,";
    if (retention.remove_removed) rules += "removed,";
    add("after", retention.remove_after);
    add("newest", retention.keep_newest);
    add("size", retention.keep_size);
    if (retention.limit)
        rules += fmt::format("limit={}{},", retention.limit->number, retention.limit->percent ? "%" : "");
    if (selection.seen != Seen::any) rules += selection.seen == Seen::seen ? "seen," : "unseen,";
    add("max-size", selection.max_size);
    add("max-age", selection.max_age);
    if (!selection.search.empty()) rules += "search=" + selection.search;
    return rules;
}

bool flags_decide(const Selection& selection) {
    return selection.seen != Seen::any || !selection.search.empty();
}

// stamp   = [maildir *("," maildir)]
// maildir = percent-encoded path 2(":" inode ":" seconds "." nanoseconds)      ; of new and of cur
std::optional<std::string> stamp_maildir(const std::string& path, std::int64_t now) {
    const auto times = times_of(path);
    if (!times || now - times->last < kCoarsest) return std::nullopt;
    return encode_percent(path, "/") + times->text;
}

bool is_unchanged(const std::string& stamp) {
    if (stamp.empty()) return true;
    const auto maildirs = ascii::split(stamp, ',');
    return std::all_of(maildirs.begin(), maildirs.end(), [](std::string_view maildir) {
        const std::size_t colon = std::min(maildir.find(':'), maildir.size());
        const auto path = decode_percent(maildir.substr(0, colon));
        const auto times = path ? times_of(*path) : std::nullopt;
        return times && times->text == maildir.substr(colon);
    });
}

}  // namespace mailpipe::app
