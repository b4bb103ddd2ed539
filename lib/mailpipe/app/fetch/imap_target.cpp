#include "mailpipe/app/fetch/imap_target.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kHeadersAtOnce = 500;

// Not one that every other message would meet as well.
bool concerns_one(const Error& error) {
    return error.kind == Errc::permanent || error.kind == Errc::protocol || error.kind == Errc::limit;
}

}  // namespace

ImapTarget::ImapTarget(Location mailbox, ClientOptions client, Trace* trace, Note note)
    : mailbox_(std::move(mailbox)), options_(std::move(client)), trace_(trace), note_(std::move(note)) {}

Result<void> ImapTarget::prepare() {
    if (auto mode = tls_mode(mailbox_, options_); !mode) return tl::unexpected(mode.error());
    auto login = find_login(mailbox_, options_);
    if (!login) return tl::unexpected(login.error());
    login_ = std::move(*login);
    return {};
}

Result<void> ImapTarget::connect() {
    if (client_ && client_->is_usable()) return says_uids() ? Result<void>{} : ask_for_place();
    client_.reset();
    // What has come from the source is handed over, whatever the signal: to end while nobody knows who has a message
    // would leave it to the next run to find out.
    auto connection = open_connection(mailbox_, options_, [this] { return looking_ && stop_requested(); });
    if (!connection) return tl::unexpected(connection.error());
    client_ = std::make_unique<ImapClient>(mailbox_, std::move(*connection), login_, trace_, note_);
    if (auto logged_in = client_->log_in(); !logged_in) return logged_in;
    client_->enable({"UTF8=ACCEPT"});
    if (auto ready = client_->be_ready_to_name(mailbox_.mailbox); !ready) return ready;
    return find_mailbox();
}

bool ImapTarget::says_uids() const {
    return client_->has_capability("UIDPLUS") || client_->has_capability("IMAP4REV2");
}

// One that is not there yet is made. Who may add to a mailbox may not always look at it, or make it.
Result<void> ImapTarget::find_mailbox() {
    if (auto asked = ask_for_place(); !asked) return asked;
    if (!place_refused_ || place_refused_->kind == Errc::auth) return {};
    return create();
}

Result<void> ImapTarget::ask_for_place() {
    next_ = {};
    place_refused_.reset();
    client_->session().status(mailbox_.mailbox);
    while (true) {
        auto step = client_->next();
        if (!step) return tl::unexpected(step.error());
        if (const auto* status = std::get_if<imap::MailboxStatus>(&*step)) {
            next_ = {static_cast<std::uint32_t>(status->uid_validity.value_or(0)),
                     static_cast<std::uint32_t>(status->uid_next.value_or(0))};
        } else if (auto* refused = std::get_if<imap::Refused>(&*step)) {
            place_refused_ = std::move(refused->error);
            return {};
        } else if (std::holds_alternative<imap::CommandDone>(*step)) {
            return {};
        } else {
            return unexpected_answer();
        }
    }
}

Result<void> ImapTarget::create() {
    client_->session().create(mailbox_.mailbox);
    auto step = client_->next();
    if (!step) return tl::unexpected(step.error());
    if (auto* refused = std::get_if<imap::Refused>(&*step)) {
        const auto& reply = refused->error.reply;
        if (!reply || reply->enhanced != "ALREADYEXISTS") return tl::unexpected(std::move(refused->error));
    } else if (!std::holds_alternative<imap::CommandDone>(*step)) {
        return unexpected_answer();
    }
    return ask_for_place();
}

// APPENDLIMIT=n of RFC 7889.
std::optional<std::uint64_t> ImapTarget::append_limit() const {
    for (const std::string& capability : client_->capabilities()) {
        constexpr std::string_view kName = "APPENDLIMIT=";
        if (capability.starts_with(kName)) return ascii::parse_number(capability.substr(kName.size()));
    }
    return std::nullopt;
}

void ImapTarget::judge(std::vector<Item>& items) const {
    const auto limit = append_limit();
    for (Item& item : items) {
        if (item.described.binary && !client_->has_capability("BINARY")) {
            item.refused = Error{Errc::data, "it holds a NUL, which the server does not take (BINARY)", {}};
        } else if (limit && item.described.size > *limit) {
            item.refused =
                Error{Errc::limit,
                      "it is larger than the server takes (APPENDLIMIT " + std::to_string(*limit) + ")",
                      {}};
        }
    }
}

Result<void> ImapTarget::append(std::vector<Item>& items) {
    if (auto connected = connect(); !connected) return connected;
    judge(items);
    const bool together = client_->has_capability("MULTIAPPEND");
    Result<void> appended = append_open(items, together);
    if (appended && mailbox_missing_) {
        if (appended = create(); appended) appended = append_open(items, together);
        if (appended && mailbox_missing_) appended = tl::unexpected(*mailbox_missing_);
    }
    // All or none: the one that the server does not take is found by giving it each alone.
    if (appended && together) appended = append_open(items, false);
    if (!appended && !client_->is_usable()) client_.reset();
    return appended;
}

// Those that nothing is known of.
Result<void> ImapTarget::append_open(std::vector<Item>& items, bool together) {
    mailbox_missing_.reset();
    std::vector<Item*> open;
    for (Item& item : items) {
        if (!item.taken && !item.refused) open.push_back(&item);
    }
    if (open.empty() || (together && open.size() == 1)) return {};
    if (together) {
        std::vector<imap::AppendItem> described;
        for (const Item* item : open)
            described.push_back(item->described);
        client_->session().append(mailbox_.mailbox, described);
    } else {
        for (const Item* item : open)
            client_->session().append(mailbox_.mailbox, {item->described});
    }
    return hear(open, together);
}

// Every answer is heard, whatever the first ones say.
Result<void> ImapTarget::hear(const std::vector<Item*>& sent, bool together) {
    Result<void> heard;
    std::size_t giving = 0;
    std::size_t answered = 0;
    while (answered < (together ? 1 : sent.size())) {
        auto step = client_->next();
        if (!step) return tl::unexpected(step.error());
        if (const auto* more = std::get_if<imap::AppendMore>(&*step)) {
            while (sent[giving]->described.size == 0)
                ++giving;
            auto given = give(*sent[giving], more->octets);
            if (!given) return tl::unexpected(given.error());
            if (*given == more->octets) ++giving;
        } else if (const auto* appended = std::get_if<imap::Appended>(&*step)) {
            take(together ? sent : std::vector{sent[answered]}, *appended);
            ++answered;
        } else if (auto* refused = std::get_if<imap::Refused>(&*step)) {
            if (!together && giving == answered) ++giving;  // its text was not wanted
            if (refused->error.kind == Errc::not_found) {
                mailbox_missing_ = std::move(refused->error);  // TRYCREATE, NONEXISTENT
            } else if (!concerns_one(refused->error)) {
                heard = tl::unexpected(std::move(refused->error));
            } else if (!together) {
                sent[answered]->refused = std::move(refused->error);
            }
            ++answered;
        } else {
            return unexpected_answer();
        }
    }
    return heard;
}

// How many octets were given.
Result<std::uint64_t> ImapTarget::give(Item& item, std::uint64_t left) {
    const auto piece = item.text->read(item.described.size - left);
    if (!piece) return tl::unexpected(piece.error());
    client_->session().append_data(*piece);
    return piece->size();
}

void ImapTarget::take(const std::vector<Item*>& items, const imap::Appended& appended) {
    const bool known = appended.uids.size() == items.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i]->taken = true;
        if (known) items[i]->uid = appended.uids[i];
    }
    if (known) next_ = {appended.uid_validity, appended.uids.back() + 1};
}

std::string ImapTarget::ref_of(std::uint32_t uid) const {
    Location ref = mailbox_;
    if (uid != 0 && next_.uid_validity != 0) {
        ref.uid_validity = next_.uid_validity;
        ref.uid = uid;
    }
    return encode(ref);
}

Result<std::uint32_t> ImapTarget::select() {
    looking_ = true;
    if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
    const auto selected = client_->select(mailbox_, true);
    if (!selected && selected.error().kind == Errc::not_found && client_->is_usable()) return 0;
    if (!selected) return tl::unexpected(selected.error());
    next_.uid_validity = client_->uid_validity().value_or(0);
    return next_.uid_validity;
}

Result<void> ImapTarget::each_from(std::uint32_t uid, const Use& use) {
    auto uids = client_->search("UID " + std::to_string(uid) + ":*");
    if (!uids) return tl::unexpected(uids.error());
    // "7:*" names the last message when there is none from 7 on (RFC 3501 section 6.4.8).
    uids->erase(uids->begin(), std::lower_bound(uids->begin(), uids->end(), uid));
    Fingerprinter fingerprinter;
    for (std::size_t at = 0; at < uids->size();) {
        const auto begin = uids->begin() + static_cast<std::ptrdiff_t>(at);
        at = std::min(uids->size(), at + client_->at_once(kHeadersAtOnce));
        client_->session().uid_fetch(uid_ranges(begin, uids->begin() + static_cast<std::ptrdiff_t>(at)),
                                     imap::FetchBody::header, false);
        while (true) {
            auto step = client_->next_accepted();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::CommandDone>(*step)) break;
            if (std::holds_alternative<imap::BodyBegin>(*step)) {
                fingerprinter = {};
            } else if (const auto* data = std::get_if<imap::BodyData>(&*step)) {
                fingerprinter.append(data->octets);
            } else if (const auto* fetched = std::get_if<imap::Fetched>(&*step)) {
                const Fingerprint print = fingerprinter.finish();
                if (fetched->message.has_body)
                    use(fetched->message.uid, print, fetched->message.size.value_or(0));
            } else {
                return unexpected_answer();
            }
        }
    }
    return {};
}

}  // namespace mailpipe::app
