#include <optional>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/search_key.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kRefsAtOnce = 500;
constexpr int kCostMessage = 3;

// Groups refs that follow each other and point into the same mailbox, which stays open meanwhile.
class RefLister {
 public:
    explicit RefLister(Listing& listing) : listing_(listing) {}

    void add(const std::string& ref) {
        auto location = parse_location(ref);
        if (!location) return listing_.diagnostics.error(ref, location.error());
        if (!location->is_ref()) {
            const Error error{Errc::usage, "names no message; a ref has a UID, UIDL, ID or OFFSET",
                              std::nullopt};
            return listing_.diagnostics.error(ref, error);
        }
        Location mailbox = container(*location);
        if (mailbox_ != mailbox) {
            flush();
            source_.reset();
            open_failed_ = false;
            mailbox_ = std::move(mailbox);
        }
        refs_.push_back(std::move(*location));
        if (refs_.size() == kRefsAtOnce) flush();
    }

    void flush() {
        const std::vector<Location> refs = std::exchange(refs_, {});
        if (refs.empty() || open_failed_ || listing_.output.ended()) return;
        if (!source_) {
            auto opened = open_list_source(*mailbox_, listing_);
            if (!opened) return end_source(opened.error());
            source_ = std::move(*opened);
        }
        if (const auto listed = source_->list_refs(refs); !listed) end_source(listed.error());
    }

 private:
    // Said once, not for each ref into the mailbox.
    void end_source(const Error& error) {
        listing_.report(encode(*mailbox_), error);
        open_failed_ = true;
        source_.reset();
    }

    Listing& listing_;
    std::optional<Location> mailbox_;
    std::unique_ptr<ListSource> source_;
    bool open_failed_ = false;
    std::vector<Location> refs_;
};

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
    const auto verdict = candidate.judge(listing.query, listing.output.counts_only());
    if (!verdict) return tl::unexpected(verdict.error());
    return verdict->listed ? listing.output.write(candidate) : Result<void>{};
}

}  // namespace

void list_input(int fd, std::string_view where, bool only_refs, const std::string& ref, Listing& listing) {
    const auto input = MessageInput::make(fd);
    RefLister refs(listing);
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

}  // namespace mailpipe::app
