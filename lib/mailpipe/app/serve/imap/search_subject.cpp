#include "mailpipe/app/serve/imap/search_subject.hpp"

#include "mailpipe/app/serve/imap/system_flags.hpp"

#include <array>
#include <utility>

#include "mailpipe/imap/server/cached_header.hpp"

namespace mailpipe::app::serve {
namespace {}  // namespace

IndexSubject::IndexSubject(const SearchView& view) : view_(view) {
    const index::Snapshot& all = *view.snapshot;
    if (!all.empty()) largest_uid_ = all[all.size() - 1].uid;
}

void IndexSubject::take(std::size_t index, const index::Message& message) {
    index_ = index;
    current_ = &message;
    kept_.reset();
    message_.reset();
    lacks_ = false;
}

Fail IndexSubject::not_read() {
    lacks_ = true;
    return Fail(Error{Errc::temporary, {}});
}

Result<std::string_view> IndexSubject::header() {
    if (!message_) return not_read();
    // RFC 9051 section 6.4.4 asks for the header only: the parser stops at the empty line.
    return *message_;
}

Result<std::string_view> IndexSubject::message() {
    if (!message_) return not_read();
    return *message_;
}

const std::vector<std::string>& IndexSubject::keywords() const {
    static const std::vector<std::string> kNone;  // has_keyword() is what is asked
    return kNone;
}

bool IndexSubject::has_keyword(std::string_view name) const {
    if (const std::uint8_t flag = system_flag_of(name); flag != 0) return (current_->flags & flag) != 0;
    if (current_->keywords == 0) return false;
    const auto bit = view_.snapshot->keyword(name);
    return bit && ((current_->keywords >> *bit) & 1U) != 0;
}

std::optional<std::string_view> IndexSubject::kept_header(std::string_view name) {
    if (!kept_ || !imap::server::is_cached_field(name)) return std::nullopt;
    return kept_;
}

}  // namespace mailpipe::app::serve
