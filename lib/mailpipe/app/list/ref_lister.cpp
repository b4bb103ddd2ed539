#include "mailpipe/app/list/ref_lister.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kRefsAtOnce = 500;

}  // namespace

void RefLister::add(const std::string& ref) {
    auto location = parse_location(ref);
    if (!location) return listing_.diagnostics.error(ref, location.error());
    add(std::move(*location), ref);
}

void RefLister::add(Location location, const std::string& ref) {
    // A file that names itself would never end.
    if (location.scheme == Scheme::message_file && listing_.change == nullptr && !in_named_file_) {
        flush();
        in_named_file_ = true;
        list_file(location, ref, *this, listing_);
        in_named_file_ = false;
        return;
    }
    if (!location.is_ref()) {
        const Error error{Errc::usage, "names no message; a ref has a UID, UIDL, ID or OFFSET", std::nullopt};
        return listing_.diagnostics.error(ref, error);
    }
    Location mailbox = container(location);
    if (waits(mailbox)) {
        const auto group = std::find_if(waiting_.begin(), waiting_.end(),
                                        [&mailbox](const Group& one) { return one.mailbox == mailbox; });
        Group& found = group == waiting_.end() ? waiting_.emplace_back(Group{std::move(mailbox), {}}) : *group;
        found.refs.push_back(std::move(location));
        return;
    }
    if (mailbox_ != mailbox) {
        flush();
        source_.reset();
        open_failed_ = false;
        mailbox_ = std::move(mailbox);
    }
    refs_.push_back(std::move(location));
    if (refs_.size() == kRefsAtOnce) flush();
}

void RefLister::flush() {
    const std::vector<Location> refs = std::exchange(refs_, {});
    if (refs.empty() || open_failed_ || listing_.output.ended()) return;
    if (!source_) {
        auto opened = open_list_source(*mailbox_, listing_);
        if (!opened) return end_source(opened.error());
        source_ = std::move(*opened);
    }
    if (const auto listed = source_->list_refs(refs); !listed) end_source(listed.error());
}

void RefLister::finish() {
    flush();
    // Says good-bye, since a server may hold a lock on a maildrop until then.
    source_.reset();
    for (Group& group : std::exchange(waiting_, {})) {
        if (listing_.output.ended()) return;
        mailbox_ = std::move(group.mailbox);
        refs_ = std::move(group.refs);
        open_failed_ = false;
        flush();
        source_.reset();
        if (stop_requested()) return;
    }
}

bool RefLister::waits(const Location& mailbox) const {
    return listing_.change != nullptr && (mailbox.scheme == Scheme::mbox || mailbox.scheme == Scheme::pop3 ||
                                          mailbox.scheme == Scheme::pop3s);
}

// Said once, not for each ref into the mailbox.
void RefLister::end_source(const Error& error) {
    listing_.report(encode(*mailbox_), error);
    open_failed_ = true;
    source_.reset();
}

}  // namespace mailpipe::app
