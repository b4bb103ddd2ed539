#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/list/ref_lister.hpp"
#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/search_key.hpp"

namespace mailpipe::app {
namespace {

constexpr int kCostMessage = 3;

// A message that streams by can be judged only once: its text is held when the query looks at it.
Result<void> list_message(MessageInput& input, const std::string& ref, Listing& listing) {
    const bool hold = listing.query && email::search_cost(*listing.query) >= kCostMessage;
    Candidate candidate;
    candidate.context = input.context();
    if (candidate.context.ref.empty()) candidate.context.ref = ref;
    HeaderCollector header;
    std::string message;
    std::uint64_t size = 0;
    while (true) {
        const auto text = input.read();
        if (!text) return tl::unexpected(text.error());
        if (text->empty()) break;
        size += text->size();
        header.append(*text);
        if (hold) message += *text;
    }
    if (hold) {
        candidate.set_message(std::move(message));
    } else {
        candidate.set_header(header.take());
        candidate.context.size = size;
    }
    const auto verdict = candidate.judge(listing.query, listing.is_printed());
    if (!verdict) return tl::unexpected(verdict.error());
    return verdict->listed ? listing.output.write(candidate) : Result<void>{};
}

}  // namespace

void list_input(int fd, std::string_view where, bool only_refs, const std::string& ref, RefLister& refs,
                Listing& listing) {
    const auto input = MessageInput::make(fd);
    while (!listing.output.ended()) {
        const auto more = input->next();
        if (!more) {
            listing.diagnostics.error(where, more.error());
            if (more.error().kind == Errc::data) continue;
            if (stop_requested()) return;
            break;
        }
        if (!*more) break;
        if (input->is_ref() || (only_refs && !input->context().ref.empty())) {
            refs.add(input->context().ref);
            continue;
        }
        refs.flush();
        if (only_refs) {
            listing.diagnostics.error(where, Error{Errc::data, "a record without a ref", std::nullopt});
        } else if (const auto listed = list_message(*input, ref, listing); !listed) {
            listing.report(where, listed.error());
            if (listed.error().kind != Errc::data) break;
        }
    }
    refs.flush();
}

void list_file(const Location& location, const std::string& where, RefLister& refs, Listing& listing) {
    const int fd = ::open(location.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return listing.diagnostics.error(where, fail_errno(errno, "cannot be opened").value());
    list_input(fd, where, false, encode(location), refs, listing);
    ::close(fd);
}

}  // namespace mailpipe::app
