#include "mailpipe/app/serve/imap/append.hpp"

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/flag_set.hpp"
#include "mailpipe/app/serve/imap/message_url.hpp"
#include "mailpipe/app/serve/imap/notify.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr int kTries = 100;

}  // namespace

Appending::Refusal Appending::begin(Work& work, const proto::AppendBegan& event) {
    ImapState& state = work.state;
    auto place = state.names.find(event.mailbox);
    if (place && !place->rights.insert()) return refused("NOPERM", "You may not put messages there");
    auto mailbox = place ? state.names.open(*place)
                         : Result<std::shared_ptr<index::Mailbox>>(tl::unexpected(place.error()));
    if (!mailbox) {
        if (mailbox.error().kind == Errc::not_found) return refused("TRYCREATE", "There is no such mailbox");
        return refusal_of(mailbox.error());
    }
    place_ = std::move(*place);
    name_ = event.mailbox;
    account_path_ = state.config.store.path_of(place_.owner);
    mailbox_ = std::move(*mailbox);
    if (event.replaces) {
        const Selected& selected = *state.selected;
        if (selected.read_only) return refused("READ-ONLY", "The mailbox is open for reading");
        if (!selected.rights.mark_deleted() || !selected.rights.expunge())
            return refused("NOPERM", "You may not take messages away");
        const index::Snapshot& seen = *selected.seen;
        const auto at =
            event.replaces_uid ? seen.find(*event.replaces) : std::optional<std::size_t>(*event.replaces - 1);
        if (!at || *at >= seen.size()) return refused("NONEXISTENT", "There is no such message");
        replaced_ = seen[*at].uid;
    }
    auto append = mailbox_->begin_append();
    if (!append) return refusal_of(append.error());
    append_ = std::move(*append);
    return std::nullopt;
}

Appending::Refusal Appending::message(const Work& work, const proto::AppendMessage& event) {
    if (are_too_many(work, ++messages_)) return refuse_too_many(work);
    message_octets_ = 0;
    const index::FlagSet flags = allowed_flags(make_flag_set(event.flags), place_.rights);
    auto begun = append_->begin(flags, event.internal_date);
    return begun ? Refusal() : Refusal(refusal_of(begun.error()));
}

Appending::Refusal Appending::literal(const Work& work, const proto::AppendLiteral& event) {
    const Config& config = work.state.config;
    if (event.size > config.max_message_size - std::min(message_octets_, config.max_message_size))
        return refused("TOOBIG",
                       "A message of at most " + std::to_string(config.max_message_size) + " octets is taken");
    octets_ += event.size;
    message_octets_ += event.size;
    return over_quota(work);
}

Appending::Refusal Appending::over_quota(const Work& work) {
    const std::uint64_t limit = work.state.config.delivery.quota;
    if (limit == 0) return std::nullopt;
    auto fits = quota_.fits(account_path_, octets_, limit);
    if (!fits) return refusal_of(fits.error());
    return *fits ? Refusal() : Refusal(refused("OVERQUOTA", "The mailbox is full"));
}

void Appending::octets(std::string_view text) {
    if (error_) return;
    if (auto written = append_->octets(text); !written) error_ = written.error();
}

Appending::Refusal Appending::url(Work& work, const proto::AppendUrl& event) {
    const auto none = [&] { return refused("BADURL " + event.url, "There is nothing at this URL"); };
    auto url = parse_message_url(event.url);
    if (!url || !url->host.empty()) return none();
    auto place = work.state.names.find(url->mailbox);
    if (!place || !place->rights.read()) return none();
    auto mailbox = work.state.names.open(*place);
    if (!mailbox) return none();
    auto text = read_message_url(**mailbox, *url);
    if (!text) return text.error().kind == Errc::not_found ? none() : refusal_of(text.error());
    const std::uint64_t limit = work.state.config.max_message_size;
    if (text->size() > limit - std::min(message_octets_, limit))
        return refused("TOOBIG", "The message is too large");
    octets_ += text->size();
    message_octets_ += text->size();
    if (auto refusal = over_quota(work)) return refusal;
    octets(*text);
    return std::nullopt;
}

Appending::Refusal Appending::message_end() {
    if (error_) return refusal_of(*error_);
    auto ended = append_->end();
    return ended ? Refusal() : Refusal(refusal_of(ended.error()));
}

Result<std::vector<index::Uid>> Appending::commit(Work& work) {
    if (!replaced_) return append_->commit();
    index::Mailbox& source = *work.state.selected->mailbox;
    // Each open() makes another object where \Seen is each user's own.
    if (source.id() == mailbox_->id()) return append_->commit_replacing(*replaced_);
    // RFC 8508 section 3.1: into another mailbox. What is replaced goes when the new one is there.
    auto uids = append_->commit();
    if (!uids) return uids;
    // Between the two steps another session may take the flag away again.
    for (int tries = 0; tries < kTries && source.snapshot()->find(*replaced_); ++tries) {
        auto marked = source.store({*replaced_}, index::StoreMode::add, {index::kDeleted, {}}, std::nullopt);
        if (!marked) return tl::unexpected(marked.error());
        auto expunged = source.expunge(std::vector<index::Uid>{*replaced_});
        if (!expunged) return tl::unexpected(expunged.error());
    }
    return uids;
}

Outcome Appending::end(Work& work) {
    auto uids = commit(work);
    if (!uids) return refusal_of(uids.error());
    quota_.add(account_path_, octets_);
    work.events.push_back({"append", name_, *uids, octets_});
    const std::string code = "APPENDUID " + std::to_string(mailbox_->snapshot()->uid_validity()) + " " +
                             proto::encode_ranges(proto::ranges_of(*uids));
    // RFC 8508 section 3.3: what was replaced is told to be gone after the UID is.
    if (replaced_) work.out += "* OK [" + code + "] Replaced\r\n";
    if (work.state.selected) {
        work.state.selected->note_appended(*mailbox_, *uids);
        tell_updates(work, true);
    }
    return replaced_ ? done("Replaced") : done("Appended", code);
}

}  // namespace mailpipe::app::serve
