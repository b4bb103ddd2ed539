#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/imap/flag_test.hpp"
#include "mailpipe/app/serve/imap/message_jobs.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/imap/server/cached_header.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kTextsAtOnce = 8;

enum class Verdict : char { no, yes, unknown };

// Looks at the messages in three rounds: what the index knows without reading, the headers that it keeps, whole messages.
// Each takes only those that the one before could not decide.
class Finder {
 public:
    Finder(const SearchView& view, const email::Query& query, const SearchProgress& progress)
        : view_(view), query_(query), progress_(progress), needs_(email::search_needs(query)) {}

    Result<Indices> run(const Indices* among) {
        if (const auto flags = flag_test_of(query_, *view_.snapshot); flags && among == nullptr) {
            view_.snapshot->for_each([&](std::size_t index, const index::Message& message) {
                if (flags->holds(message)) found_.push_back(static_cast<std::uint32_t>(index));
            });
            return std::move(found_);
        }
        if (auto looked = look_at_index(among); !looked) return tl::unexpected(looked.error());
        all_ = pending_.size();
        const bool kept =
            std::any_of(needs_.fields.begin(), needs_.fields.end(), imap::server::is_cached_field);
        if (kept && !pending_.empty()) {
            if (auto looked = look_at_headers(); !looked) return tl::unexpected(looked.error());
        }
        if (auto looked = look_at_texts(); !looked) return tl::unexpected(looked.error());
        std::sort(found_.begin(), found_.end());
        return std::move(found_);
    }

 private:
    Result<Verdict> judge(IndexSubject& subject) const {
        const auto matched = email::matches(query_, subject);
        if (matched) return *matched ? Verdict::yes : Verdict::no;
        if (subject.lacks()) return Verdict::unknown;
        if (matched.error().kind == Errc::not_found) return Verdict::no;
        return tl::unexpected(matched.error());
    }

    Result<void> look_at_index(const Indices* among) {
        IndexSubject subject(view_);
        Result<void> result;
        const auto look = [&](std::size_t index, const index::Message& message) {
            if (!result) return;
            subject.take(index, message);
            const auto verdict = judge(subject);
            if (!verdict) {
                result = tl::unexpected(verdict.error());
            } else if (*verdict != Verdict::no) {
                (*verdict == Verdict::yes ? found_ : pending_).push_back(static_cast<std::uint32_t>(index));
            }
        };
        if (among == nullptr) {
            view_.snapshot->for_each(look);
        } else {
            for (const std::uint32_t index : *among)
                look(index, (*view_.snapshot)[index]);
        }
        return result;
    }

    Result<void> look_at_headers() {
        std::vector<Verdict> verdicts(pending_.size(), Verdict::no);
        std::vector<Result<void>> errors(pending_.size());
        auto looked = for_each_header(
            view_, pending_,
            [&](std::size_t i, std::string_view header) {
                IndexSubject subject(view_);
                subject.take(pending_[i], (*view_.snapshot)[pending_[i]]);
                subject.set_kept_header(header);
                const auto verdict = judge(subject);
                if (verdict) {
                    verdicts[i] = *verdict;
                } else {
                    errors[i] = tl::unexpected(verdict.error());
                }
            },
            [&](std::size_t) { return progress(0); });
        if (!looked) return looked;
        return sort_out(verdicts, errors);
    }

    Result<void> look_at_texts() {
        if (pending_.empty()) return {};
        const std::size_t decided = all_ - pending_.size();
        if (auto told = progress(decided); !told) return told;
        std::vector<Verdict> verdicts(pending_.size(), Verdict::no);
        std::vector<Result<void>> errors(pending_.size());
        auto looked = in_pieces(
            pending_.size(), kTextsAtOnce,
            [&](std::size_t first, std::size_t last) -> Result<void> {
                IndexSubject subject(view_);
                for (std::size_t i = first; i < last; ++i) {
                    const index::Message& message = (*view_.snapshot)[pending_[i]];
                    const auto text = view_.mailbox->text(message.uid);
                    if (!text && text.error().kind == Errc::not_found) continue;
                    if (!text) return tl::unexpected(text.error());
                    subject.take(pending_[i], message);
                    subject.set_message(*text);
                    const auto verdict = judge(subject);
                    if (!verdict) return tl::unexpected(verdict.error());
                    verdicts[i] = *verdict;
                }
                return {};
            },
            [&](std::size_t done) { return progress(decided + done); });
        if (!looked) return looked;
        return sort_out(verdicts, errors);
    }

    Result<void> sort_out(const std::vector<Verdict>& verdicts, const std::vector<Result<void>>& errors) {
        Indices pending;
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            if (!errors[i]) return errors[i];
            if (verdicts[i] == Verdict::yes) found_.push_back(pending_[i]);
            if (verdicts[i] == Verdict::unknown) pending.push_back(pending_[i]);
        }
        pending_ = std::move(pending);
        return {};
    }

    Result<void> progress(std::size_t done) const {
        if (progress_ && !progress_(done, all_)) return fail(Errc::temporary, "the search was ended");
        return {};
    }

    const SearchView& view_;
    const email::Query& query_;
    const SearchProgress& progress_;
    email::SearchNeeds needs_;
    Indices found_;
    Indices pending_;      // ascending
    std::size_t all_ = 0;  // that the index could not decide
};

}  // namespace

Result<Indices> search_messages(const SearchView& view, const email::Query& query, const Indices* among,
                                const SearchProgress& progress) {
    return Finder(view, query, progress).run(among != nullptr ? among : view.among);
}

}  // namespace mailpipe::app::serve
