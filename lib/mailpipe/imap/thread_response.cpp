#include "mailpipe/imap/thread_response.hpp"

#include <limits>
#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

Fail malformed(const std::string& what) {
    return fail(Errc::protocol, "malformed THREAD response: " + what);
}

}  // namespace

// thread-data    = "THREAD" [SP 1*thread-list]
// thread-list    = "(" (thread-members / thread-nested) ")"
// thread-members = nz-number *(SP nz-number) [SP thread-nested]
// thread-nested  = 2*thread-list
Result<void> ThreadReader::append(std::string_view piece) {
    for (const char c : piece) {
        if (ascii::is_digit(c)) {
            number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
            in_number_ = true;
            if (number_ > std::numeric_limits<std::uint32_t>::max()) return malformed("number out of range");
            continue;
        }
        if (auto ended = end_number(); !ended) return ended;
        if (auto taken = take(c); !taken) return taken;
    }
    return {};
}

Result<void> ThreadReader::take(char c) {
    if (c == ' ') return {};
    if (c == '(') return open_list();
    if (c != ')') return malformed("thread-list expected");
    if (open_.empty() || !open_.back().has_entry) return malformed("a list without messages");
    open_.pop_back();
    return {};
}

Result<void> ThreadReader::open_list() {
    List inner;
    if (!open_.empty()) {
        // Behind no number: what is in the lists has a parent that is not there.
        if (!open_.back().has_entry) {
            if (auto added = add(0); !added) return added;
        }
        open_.back().has_list = true;
        inner.next_depth = open_.back().next_depth;
    }
    open_.push_back(inner);
    return {};
}

Result<void> ThreadReader::end_number() {
    if (!in_number_) return {};
    in_number_ = false;
    const auto uid = static_cast<std::uint32_t>(std::exchange(number_, 0));
    if (uid == 0) return malformed("UID 0");
    if (open_.empty() || open_.back().has_list) return malformed("a number outside of its list");
    return add(uid);
}

// An entry for each list that is open but the last one: so the depth of the lists is limited as well.
Result<void> ThreadReader::add(std::uint32_t uid) {
    if (messages_.size() == limits::kListedMessages) {
        return fail(Errc::limit, "more messages in threads than kListedMessages (" +
                                     std::to_string(limits::kListedMessages) + ")");
    }
    List& list = open_.back();
    messages_.push_back({uid, list.next_depth++});
    list.has_entry = true;
    return {};
}

Result<std::vector<ThreadedMessage>> ThreadReader::finish() {
    auto ended = end_number();
    if (ended && !open_.empty()) ended = malformed("a list is not closed");
    open_.clear();
    if (!ended) return tl::unexpected(ended.error());
    return std::exchange(messages_, {});
}

}  // namespace mailpipe::imap
