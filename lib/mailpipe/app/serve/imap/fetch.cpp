#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/fetch_items.hpp"
#include "mailpipe/app/serve/imap/updates.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kBatch = 256;              // messages whose facts are read at once
constexpr std::uint64_t kMostOfOne = 16U << 20;  // of a message, beside twice its size
constexpr std::size_t kPiece = 128U << 10;       // octets of an answer, after which it goes out
constexpr std::uint64_t kHeldText = 1U << 20;    // a longer one is sent as it is read

class FetchAnswer : public Answer {
 public:
    explicit FetchAnswer(proto::Fetch command)
        : command_(std::move(command)), needs_(needs_of(command_.items)) {}

    std::optional<Outcome> more(Work& work) override {
        if (!prepared_) {
            if (auto failed = prepare(work)) return failed;
        }
        Selected& selected = *work.state.selected;
        work.out.reserve(kPiece + kPiece / 2);
        while (work.out.size() < kPiece) {
            if (stream_) {
                if (auto streamed = stream(work); !streamed) {
                    Outcome outcome = refusal_of(streamed.error());
                    outcome.broken = true;
                    return outcome;
                }
                continue;
            }
            if (at_ == indices_.size()) return outcome();
            work.progress->done = at_;
            if (at_ == batch_end_) {
                if (auto loaded = load_batch(work, selected); !loaded) return refusal_of(loaded.error());
                continue;
            }
            auto written = write_message(work, selected, indices_[at_]);
            if (!written) return failure(written.error());
            if (!stream_) ++at_;
        }
        work.inside_response = stream_ != nullptr;
        return std::nullopt;
    }

 private:
    std::optional<Outcome> prepare(Work& work) {
        prepared_ = true;
        Selected& selected = *work.state.selected;
        if (needs_.modseq || command_.changed_since) {
            work.enables_condstore = true;
            work.enabled.condstore = true;
        }
        auto found = find_messages(selected, command_.set, command_.uid);
        if (!found) return bad(found.error().message);
        indices_ = std::move(*found);
        if (!command_.partial) limited_ = limit_messages(work, indices_);
        const index::Snapshot& seen = *selected.seen;
        if (command_.changed_since) {
            std::erase_if(indices_,
                          [&](std::size_t index) { return seen[index].modseq <= *command_.changed_since; });
            if (command_.vanished) {
                if (auto told = tell_vanished(work, selected); !told) return refusal_of(told.error());
            }
        }
        if (command_.partial) {
            keep_part();
            limited_ = limit_messages(work, indices_);
        }
        work.progress->all = indices_.size();
        sets_seen_ = needs_.sets_seen && !selected.read_only && selected.rights.keep_seen();
        return std::nullopt;
    }

    // RFC 7162 section 3.2.6.
    Result<void> tell_vanished(Work& work, const Selected& selected) {
        auto vanished = selected.mailbox->vanished_since(*command_.changed_since);
        if (!vanished) return tl::unexpected(vanished.error());
        write_vanished(work.out, vanished_of(*selected.seen, *vanished, command_.set), true);
        return {};
    }

    // RFC 9394 section 3.2: of the messages found, from the first or, negative, from the last.
    void keep_part() {
        const auto [a, b] = *command_.partial;
        const auto count = static_cast<std::int64_t>(indices_.size());
        std::int64_t first = std::min(std::abs(a), std::abs(b));
        std::int64_t last = std::max(std::abs(a), std::abs(b));
        if (a < 0) std::tie(first, last) = std::pair(count - last + 1, count - first + 1);
        first = std::max<std::int64_t>(first, 1);
        last = std::min(last, count);
        if (first > last) return indices_.clear();
        indices_.erase(indices_.begin() + last, indices_.end());
        indices_.erase(indices_.begin(), indices_.begin() + (first - 1));
    }

    Result<void> load_batch(Work& work, Selected& selected) {
        batch_end_ = std::min(at_ + kBatch, indices_.size());
        std::vector<index::Uid> uids;
        for (std::size_t i = at_; i < batch_end_; ++i)
            uids.push_back((*selected.seen)[indices_[i]].uid);
        if (sets_seen_) {
            if (auto marked = mark_seen(selected, uids); !marked) return marked;
        }
        facts_.clear();
        next_facts_ = 0;
        if (needs_.facts == 0) return {};
        if (!needs_.text && !needs_.ids) return write_batch(work, selected, uids);
        return selected.mailbox->facts(uids, needs_.facts, [this](index::Uid uid, const index::Facts& facts) {
            facts_.emplace_back(uid, facts);
            return true;
        });
    }

    // What the index knows all of is written as it is read, without a copy in between.
    Result<void> write_batch(Work& work, Selected& selected, const std::vector<index::Uid>& uids) {
        const index::Snapshot& seen = *selected.seen;
        std::size_t at = 0;
        std::size_t written = 0;
        Result<void> result;
        auto read = selected.mailbox->facts(uids, needs_.facts, [&](index::Uid uid, const index::Facts& facts) {
            while (uids[at] != uid)
                ++at;
            const std::size_t index = indices_[at_ + at];
            FetchedMessage fetched{seen, seen[index], &facts};
            result = write_line(work, index, fetched);
            ++written;
            return result.has_value();
        });
        gone_ += uids.size() - written;
        at_ = batch_end_;
        return read ? result : read;
    }

    // The flags are part of the response then (RFC 9051 section 6.4.5).
    Result<void> mark_seen(Selected& selected, const std::vector<index::Uid>& uids) {
        marked_.clear();
        for (const index::Uid uid : uids) {
            const auto index = selected.seen->find(uid);
            if (index && ((*selected.seen)[*index].flags & index::kSeen) == 0) marked_.push_back(uid);
        }
        if (marked_.empty()) return {};
        auto stored = selected.mailbox->store(marked_, index::StoreMode::add, {index::kSeen, {}}, std::nullopt);
        if (!stored) return tl::unexpected(stored.error());
        const auto now = selected.mailbox->snapshot();
        index::SnapshotBuilder known(*selected.seen);
        known.set_keywords(now->keywords());
        for (const index::Uid uid : marked_)
            if (const auto at = now->find(uid)) known.put((*now)[*at]);
        selected.seen = known.build();
        return {};
    }

    const index::Facts* facts_of(index::Uid uid) {
        while (next_facts_ < facts_.size() && facts_[next_facts_].first < uid)
            ++next_facts_;
        const bool found = next_facts_ < facts_.size() && facts_[next_facts_].first == uid;
        return found ? &facts_[next_facts_].second : nullptr;
    }

    Result<void> write_message(Work& work, Selected& selected, std::size_t index) {
        const index::Message message = (*selected.seen)[index];
        FetchedMessage fetched{*selected.seen, message};
        if (needs_.facts != 0) {
            fetched.facts = facts_of(message.uid);
            if (fetched.facts == nullptr) return gone();
        }
        const bool streams = needs_.whole_only && message.size > kHeldText;
        std::string text;
        if (needs_.text && !streams) {
            auto whole = selected.mailbox->text(message.uid);
            if (!whole) return whole.error().kind == Errc::not_found ? gone() : tl::unexpected(whole.error());
            text = std::move(*whole);
            fetched.text = &text;
        }
        if (needs_.ids) {
            auto email_id = selected.mailbox->email_id(message.uid);
            auto thread_id = selected.mailbox->thread_id(message.uid);
            if (email_id) fetched.email_id = *email_id;
            if (thread_id) fetched.thread_id = *thread_id;
        }
        return streams ? begin_stream(work, selected, index, fetched) : write_line(work, index, fetched);
    }

    bool is_marked(index::Uid uid) const { return std::binary_search(marked_.begin(), marked_.end(), uid); }

    // What the client did not ask for and is told all the same.
    void write_extra(const Work& work, FetchLine& line, const FetchedMessage& fetched) const {
        const auto asked = [&](proto::FetchItem::Kind kind) {
            return std::any_of(command_.items.begin(), command_.items.end(),
                               [&](const auto& item) { return item.kind == kind; });
        };
        const bool marked = is_marked(fetched.message.uid);
        // RFC 7162 section 3.2.4: what has changed is told with UID and MODSEQ.
        const bool tells_change = marked && work.enabled.condstore;
        if (tells_change && !asked(proto::FetchItem::Kind::uid)) line.uid(fetched.message.uid);
        if (marked && !asked(proto::FetchItem::Kind::flags)) line.flags(fetched.snapshot, fetched.message);
        const bool modseq = tells_change || command_.changed_since;
        if (modseq && !asked(proto::FetchItem::Kind::modseq)) line.modseq(fetched.message.modseq);
    }

    Result<void> write_line(Work& work, std::size_t index, FetchedMessage& fetched) {
        const std::size_t begin = work.out.size();
        FetchLine line(work.out, work.enabled, index, fetched.message.uid);
        for (const proto::FetchItem& item : command_.items) {
            if (auto written = write_item(line, item, fetched); !written) {
                work.out.resize(begin);
                return written;
            }
            if (work.out.size() - begin <= kMostOfOne + 2 * fetched.message.size) continue;
            work.out.resize(begin);
            return fail(Errc::limit, "More of a message is asked for than is sent at once");
        }
        write_extra(work, line, fetched);
        line.end();
        return {};
    }

    // All items but the body, then its literal, which comes in pieces.
    Result<void> begin_stream(Work& work, Selected& selected, std::size_t index, FetchedMessage& fetched) {
        auto reader = selected.mailbox->open(fetched.message.uid);
        if (!reader) return reader.error().kind == Errc::not_found ? gone() : tl::unexpected(reader.error());
        FetchLine line(work.out, work.enabled, index, fetched.message.uid);
        const proto::FetchItem* body = nullptr;
        for (const proto::FetchItem& item : command_.items) {
            if (item.kind == proto::FetchItem::Kind::section && item.section.part.empty() &&
                item.section.text == proto::Section::Text::whole) {
                body = &item;
                continue;
            }
            if (auto written = write_item(line, item, fetched); !written) return written;
        }
        write_extra(work, line, fetched);
        write_literal_head(line.item(), body->label, fetched.message.size);
        stream_ = std::move(*reader);
        missing_ = fetched.message.size;
        return {};
    }

    // A text that is not as long as the index says would move the boundary between responses (error data).
    Result<void> stream(Work& work) {
        auto octets = stream_->read();
        if (!octets) return tl::unexpected(octets.error());
        if (octets->size() > missing_ || (octets->empty() && missing_ > 0))
            return fail(Errc::data, "a message has another size than the index says");
        work.out += *octets;
        missing_ -= octets->size();
        if (missing_ > 0) return {};
        work.out += ")\r\n";
        stream_.reset();
        ++at_;
        return {};
    }

    Result<void> gone() {
        ++gone_;
        return {};
    }

    static Outcome failure(const Error& error) {
        if (error.kind == Errc::unsupported) return refused("UNKNOWN-CTE", error.message);
        return refusal_of(error);
    }

    Outcome outcome() const {
        // RFC 2180 section 4.1.2; by UID those are none.
        if (gone_ > 0 && !command_.uid) return refused("EXPUNGEISSUED", "Some of the messages are gone");
        return done("That is what there is", limited_);
    }

    proto::Fetch command_;
    std::string limited_;  // the code of MESSAGELIMIT
    FetchNeeds needs_;
    bool prepared_ = false;
    bool sets_seen_ = false;
    std::vector<std::size_t> indices_;
    std::size_t at_ = 0;
    std::size_t batch_end_ = 0;
    std::size_t gone_ = 0;
    std::vector<index::Uid> marked_;  // \Seen was set by this command
    std::vector<std::pair<index::Uid, index::Facts>> facts_;
    std::size_t next_facts_ = 0;
    std::unique_ptr<store::MessageReader> stream_;
    std::uint64_t missing_ = 0;  // octets of its literal
};

}  // namespace

std::unique_ptr<Answer> begin_fetch(proto::Fetch command) {
    return std::make_unique<FetchAnswer>(std::move(command));
}

void fetch_unasked(Work& work, proto::Ranges uids, const std::vector<proto::FetchItem>& items) {
    constexpr std::size_t kMost = 4U << 20;  // octets
    proto::Fetch fetch;
    fetch.set = proto::NumberSet::of(std::move(uids));
    fetch.uid = true;
    fetch.items = items;
    // Nobody has read what is only announced; clients should not ask for it so (RFC 5465 section 5.2), and its own example does.
    for (proto::FetchItem& item : fetch.items)
        item.peek = true;
    FetchAnswer answer(std::move(fetch));
    const std::size_t begin = work.out.size();
    std::optional<Outcome> outcome;
    while (!outcome && work.out.size() - begin <= kMost)
        outcome = answer.more(work);
    // Cut off within a response it must not go out.
    if (!outcome || outcome->broken) work.out.resize(begin);
}

}  // namespace mailpipe::app::serve
