#include <functional>
#include <utility>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/notify.hpp"
#include "mailpipe/app/serve/imap/url_auth.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

// Takes up what other programs have done, as often as a client asks for anything new.
Outcome on_noop(Work& work) {
    if (work.state.selected) {
        if (auto fresh = work.state.selected->mailbox->refresh(); !fresh && fresh.error().kind != Errc::io)
            return refusal_of(fresh.error());
    }
    return done("Done");
}

// Calls the function of a command.
struct Dispatch {
    Work& work;

    Outcome operator()(const proto::Select& c) const { return on_select(work, c); }
    Outcome operator()(const proto::Create& c) const { return on_create(work, c); }
    Outcome operator()(const proto::Delete& c) const { return on_delete(work, c); }
    Outcome operator()(const proto::Rename& c) const { return on_rename(work, c); }
    Outcome operator()(const proto::Subscribe& c) const { return on_subscribe(work, c); }
    Outcome operator()(const proto::Status& c) const { return on_status(work, c); }
    Outcome operator()(const proto::List& c) const { return on_list(work, c); }
    Outcome operator()(const proto::Namespace&) const { return on_namespace(work); }
    Outcome operator()(const proto::GetAcl& c) const { return on_get_acl(work, c); }
    Outcome operator()(const proto::SetAcl& c) const { return on_set_acl(work, c); }
    Outcome operator()(const proto::DeleteAcl& c) const { return on_delete_acl(work, c); }
    Outcome operator()(const proto::ListRights& c) const { return on_list_rights(work, c); }
    Outcome operator()(const proto::MyRights& c) const { return on_my_rights(work, c); }
    Outcome operator()(const proto::GetQuota& c) const { return on_get_quota(work, c); }
    Outcome operator()(const proto::GetQuotaRoot& c) const { return on_get_quota_root(work, c); }
    Outcome operator()(const proto::SetQuota& c) const { return on_set_quota(work, c); }
    Outcome operator()(const proto::GetMetadata& c) const { return on_get_metadata(work, c); }
    Outcome operator()(const proto::SetMetadata& c) const { return on_set_metadata(work, c); }
    Outcome operator()(const proto::Notify& c) const { return on_notify(work, c); }
    Outcome operator()(const proto::GenUrlAuth& c) const { return on_gen_url_auth(work, c); }
    Outcome operator()(const proto::ResetKey& c) const { return on_reset_key(work, c); }
    Outcome operator()(const proto::UrlFetch& c) const { return on_url_fetch(work, c); }
    Outcome operator()(const proto::Noop&) const { return on_noop(work); }
    Outcome operator()(const proto::Close&) const { return on_close(work); }
    Outcome operator()(const proto::Unselect&) const { return on_unselect(work); }
    Outcome operator()(const proto::Expunge& c) const { return on_expunge(work, c); }
    Outcome operator()(const proto::Search& c) const { return on_search(work, c); }
    Outcome operator()(const proto::Sort& c) const { return on_sort(work, c); }
    Outcome operator()(const proto::Thread& c) const { return on_thread(work, c); }
    Outcome operator()(const proto::CancelUpdate& c) const { return on_cancel_update(work, c); }
    Outcome operator()(const proto::Store& c) const { return on_store(work, c); }
    Outcome operator()(const proto::Copy& c) const { return on_copy(work, c); }
    // Answered in pieces.
    Outcome operator()(const proto::Fetch&) const { return done(""); }
};

// RFC 9051 section 7.5.1: during these the client's message numbers must stay what they are.
bool keeps_numbers(const proto::Command& command) {
    if (const auto* fetch = std::get_if<proto::Fetch>(&command)) return !fetch->uid;
    if (const auto* store = std::get_if<proto::Store>(&command)) return !store->uid;
    if (const auto* search = std::get_if<proto::Search>(&command)) return !search->uid;
    if (const auto* sort = std::get_if<proto::Sort>(&command)) return !sort->uid;
    if (const auto* thread = std::get_if<proto::Thread>(&command)) return !thread->uid;
    return false;
}

// RFC 7162 section 3.1: whoever enables CONDSTORE with a mailbox selected learns where it is.
void tell_highest_modseq(Work& work) {
    if (!work.enables_condstore || !work.state.selected) return;
    work.out += "* OK [HIGHESTMODSEQ ";
    proto::write_number(work.out, work.state.selected->seen->highest_modseq());
    work.out += "] is the highest\r\n";
}

// RFC 9051 section 7.1: some of the messages are gone, which must not be told now.
void hint_at_expunged(const Work& work, Outcome& outcome) {
    if (outcome.completion != proto::Completion::ok || !outcome.code.empty() || !work.state.selected) return;
    const Selected& selected = *work.state.selected;
    if (selected.mailbox->snapshot()->size() < selected.seen->size()) outcome.code = "EXPUNGEISSUED";
}

// An answer, and then what has happened meanwhile.
class WholeAnswer : public Answer {
 public:
    explicit WholeAnswer(proto::Command command)
        : command_(std::move(command)),
          keeps_numbers_(keeps_numbers(command_)),
          selects_(std::holds_alternative<proto::Select>(command_)) {
        if (auto* fetch = std::get_if<proto::Fetch>(&command_)) pieces_ = begin_fetch(std::move(*fetch));
    }

    std::optional<Outcome> more(Work& work) override {
        if (!std::exchange(began_, true)) {
            had_condstore_ = work.enabled.condstore;
            watch_annotations(work);
        }
        std::optional<Outcome> outcome;
        if (pieces_) {
            outcome = pieces_->more(work);
        } else {
            const OwnChanges own(work.state);
            outcome = std::visit(Dispatch{work}, command_);
        }
        if (!outcome) return std::nullopt;
        // A SELECT says how many messages there are: what comes and goes from then on is for the next command.
        if (work.state.selected && !selects_) tell_updates(work, !keeps_numbers_);
        if (!selects_ && !had_condstore_) tell_highest_modseq(work);
        if (keeps_numbers_) hint_at_expunged(work, *outcome);
        write_notices(work);
        return outcome;
    }

 private:
    proto::Command command_;
    const bool keeps_numbers_;
    const bool selects_;
    bool began_ = false;
    bool had_condstore_ = false;
    std::unique_ptr<Answer> pieces_;
};

}  // namespace

std::unique_ptr<Answer> begin_answer(proto::Command command) {
    return std::make_unique<WholeAnswer>(std::move(command));
}

}  // namespace mailpipe::app::serve
