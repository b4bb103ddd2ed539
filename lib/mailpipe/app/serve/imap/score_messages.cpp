#include <algorithm>

#include "mailpipe/app/serve/imap/message_jobs.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/email/relevancy.hpp"
#include "mailpipe/imap/server/cached_header.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kTextsAtOnce = 8;
constexpr int kLeast = 1;  // of what is gone by now

Result<void> go_on(std::size_t) {
    return {};
}

bool is_decided_by_kept_header(const email::Query& query) {
    const email::SearchNeeds needs = email::search_needs(query);
    return !needs.message &&
           std::all_of(needs.fields.begin(), needs.fields.end(), imap::server::is_cached_field);
}

}  // namespace

Result<std::vector<int>> score_messages(const SearchView& view, const email::Query& query,
                                        const Indices& indices) {
    std::vector<int> scores(indices.size(), kLeast);
    const auto score = [&](std::size_t i, IndexSubject& subject) {
        const auto found = email::relevancy(query, subject);
        if (found) scores[i] = *found;
    };
    Result<void> looked;
    if (is_decided_by_kept_header(query)) {
        const auto use = [&](std::size_t i, std::string_view header) {
            IndexSubject subject(view);
            subject.take(indices[i], (*view.snapshot)[indices[i]]);
            subject.set_kept_header(header);
            score(i, subject);
        };
        looked = for_each_header(view, indices, use, go_on);
    } else {
        const auto make = [&](std::size_t first, std::size_t last) -> Result<void> {
            for (std::size_t i = first; i < last; ++i) {
                const index::Message& message = (*view.snapshot)[indices[i]];
                const auto text = view.mailbox->text(message.uid);
                if (!text && text.error().kind == Errc::not_found) continue;
                if (!text) return tl::unexpected(text.error());
                IndexSubject subject(view);
                subject.take(indices[i], message);
                subject.set_message(*text);
                score(i, subject);
            }
            return {};
        };
        looked = in_pieces(indices.size(), kTextsAtOnce, make, go_on);
    }
    if (!looked) return tl::unexpected(looked.error());
    return scores;
}

}  // namespace mailpipe::app::serve
