#include "mailpipe/app/imap_client.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "mailpipe/app/imap_flags.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

constexpr int kIdleSlice = 500;  // ms
constexpr int kSearchParts = 10'000;

// What finds the messages that an answer has left out; empty when it has left out none. `limited_from` of the answer
// before is moved on: a server that does not get further would be asked for ever.
Result<std::string> rest_of(const std::string& criteria, std::uint32_t limited_from, std::uint32_t& before) {
    if (limited_from <= 1) return std::string();
    if (limited_from >= before)
        return fail(Errc::protocol, "the server has searched a part of the mailbox only");
    before = limited_from;
    return criteria + " UID 1:" + std::to_string(limited_from - 1);
}

imap::ClientOptions imap_options(const Connection& connection, Login login, Trace* trace) {
    auto options = session_options<imap::ClientOptions>(connection, std::move(login), trace);
    options.accept_preauth = connection.is_tunnel;
    options.compress = connection.compress;
    return options;
}

}  // namespace

ImapClient::ImapClient(Location mailbox, Connection connection, Login login, Trace* trace, Note note)
    : location_(std::move(mailbox)),
      connection_(std::move(connection)),
      session_(imap_options(connection_, std::move(login), trace)),
      note_(std::move(note)) {}

ImapClient::~ImapClient() {
    if (!usable_ || session_.outstanding() > 0) return;
    session_.logout();
    [[maybe_unused]] const auto ignored = drive(session_, connection_);
}

Result<void> ImapClient::log_in() {
    auto step = next_accepted();
    if (!step) return tl::unexpected(step.error());
    auto* ready = std::get_if<imap::Ready>(&*step);
    if (ready == nullptr) return unexpected_answer();
    connection_.login_due.reset();
    capabilities_ = std::move(ready->capabilities);
    usable_ = true;
    return {};
}

void ImapClient::enable(std::vector<std::string> extensions) {
    std::erase_if(extensions, [this](const std::string& name) {
        return !has_capability(name) && (name != "UTF8=ACCEPT" || !has_capability("UTF8=ONLY"));
    });
    if (extensions.empty()) return;
    if (std::find(extensions.begin(), extensions.end(), "QRESYNC") != extensions.end()) resync_asked_ = true;
    session_.enable(extensions);
    ++enables_;
}

Result<void> ImapClient::await_enabled() {
    while (enables_ > 0) {
        auto step = drive(session_, connection_);
        usable_ = usable_ && step;
        if (!step) return tl::unexpected(step.error());
        if (const auto* alert = std::get_if<imap::Alert>(&*step)) {
            note_("the server says: " + alert->text);
        } else if (!is_about_enable(*step)) {
            return unexpected_answer();
        }
    }
    return {};
}

// RFC 6855 section 3: how a name is written depends on the answer to ENABLE.
Result<void> ImapClient::be_ready_to_name(std::string_view mailbox) {
    const bool is_same_in_both = ascii::is_ascii(mailbox) && mailbox.find('&') == std::string_view::npos;
    return is_same_in_both ? Result<void>{} : await_enabled();
}

Result<void> ImapClient::open(bool read_only) {
    if (auto logged_in = log_in(); !logged_in) return logged_in;
    return select(Location(location_), read_only);
}

Result<void> ImapClient::select(const Location& mailbox, bool read_only, imap::SelectNews news,
                                const imap::MailboxPast& past) {
    location_ = mailbox;
    if (news_refused_) news = imap::SelectNews::none;
    if (auto ready = be_ready_to_name(mailbox.mailbox); !ready) return ready;
    auto selected = select_once(read_only, news, past);
    // Some servers announce CONDSTORE or QRESYNC and do not understand the parameter.
    if (selected || selected.error().kind != Errc::protocol || news == imap::SelectNews::none || !usable_)
        return selected;
    news_refused_ = true;
    return select_once(read_only, imap::SelectNews::none, {});
}

Result<void> ImapClient::select_once(bool read_only, imap::SelectNews news, const imap::MailboxPast& past) {
    uid_validity_.reset();
    // RFC 7162 section 3.2.5: the parameter QRESYNC is BAD before it is enabled, which RFC 5161 section 3.1 allows only
    // while no mailbox is selected.
    if (news == imap::SelectNews::resync && !resync_asked_) {
        if (!has_selected_) enable({"QRESYNC"});
        if (!resync_asked_) news = imap::SelectNews::modseq;
    }
    has_selected_ = true;
    session_.select(location_.mailbox, read_only, news, past);
    auto step = next_accepted();
    if (!step) return tl::unexpected(step.error());
    auto* selected = std::get_if<imap::Selected>(&*step);
    if (selected == nullptr) return unexpected_answer();
    if (selected->persistent_uids && selected->uid_validity != 0) uid_validity_ = selected->uid_validity;
    selected_ = std::move(*selected);
    arrivals_ = session_.arrivals();
    flag_changes_ = session_.flag_changes();
    return {};
}

// What cannot be enabled is done without.
bool ImapClient::is_about_enable(const imap::ClientStep& step) {
    const auto* done = std::get_if<imap::CommandDone>(&step);
    const auto* refused = std::get_if<imap::Refused>(&step);
    const bool is = (done != nullptr && done->command == imap::Command::enable) ||
                    (refused != nullptr && refused->command == imap::Command::enable);
    if (is) --enables_;
    return is;
}

Result<void> ImapClient::idle(const std::function<bool()>& pause, bool flags,
                              const std::function<bool()>& other_news) {
    session_.idle();
    bool idling = true;
    for (bool happened = false; !happened && !pause() && !(other_news && other_news());) {
        // Sends the command, too, and takes what was said before.
        auto step = next_available();
        if (!step) return tl::unexpected(step.error());
        happened = step->has_value() || (flags && has_changed_flags()) || (other_news && other_news());
        if (happened && !step->has_value()) break;
        if (!happened) {
            struct pollfd polled {
                descriptor(), POLLIN, 0
            };
            ::poll(&polled, 1, kIdleSlice);
        } else if (auto* refused = std::get_if<imap::Refused>(&**step)) {
            return tl::unexpected(std::move(refused->error));
        } else if (std::holds_alternative<imap::CommandDone>(**step)) {
            idling = false;  // some servers end it by themselves
        }
    }
    if (!idling) return {};
    session_.idle_done();
    while (true) {
        const auto step = next_accepted();
        if (!step) return tl::unexpected(step.error());
        if (std::holds_alternative<imap::CommandDone>(*step)) return {};
        if (!std::holds_alternative<imap::MailboxGrew>(*step)) return unexpected_answer();
    }
}

bool ImapClient::has_capability(std::string_view name) const {
    return std::find(capabilities_.begin(), capabilities_.end(), name) != capabilities_.end();
}

std::size_t ImapClient::at_once(std::size_t wanted) const {
    constexpr std::string_view kName = "MESSAGELIMIT=";
    for (const std::string& capability : capabilities_) {
        if (!capability.starts_with(kName)) continue;
        const auto limit = ascii::parse_number(std::string_view(capability).substr(kName.size()));
        if (limit && *limit > 0 && *limit < wanted) return static_cast<std::size_t>(*limit);
    }
    return wanted;
}

Result<std::vector<std::uint32_t>> ImapClient::search(const std::string& criteria) {
    std::vector<std::uint32_t> uids;
    std::string part = criteria;
    std::uint32_t before = UINT32_MAX;
    for (int parts = 0; !part.empty(); ++parts) {
        if (parts == kSearchParts) return fail(Errc::limit, "the server searches by too many parts");
        session_.uid_search(part);
        auto found = next_as<imap::SearchResult>();
        if (!found) return tl::unexpected(found.error());
        auto rest = rest_of(criteria, found->limited_from, before);
        if (!rest) return tl::unexpected(rest.error());
        part = std::move(*rest);
        uids.insert(uids.end(), found->uids.begin(), found->uids.end());
    }
    std::sort(uids.begin(), uids.end());
    uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    return uids;
}

Result<std::string> ImapClient::delimiter() {
    session_.list_delimiter();
    std::string delimiter;
    while (true) {
        auto step = next_accepted();
        if (!step) return tl::unexpected(step.error());
        if (std::holds_alternative<imap::CommandDone>(*step)) return delimiter;
        auto* listed = std::get_if<imap::ListedMailbox>(&*step);
        if (listed == nullptr) return unexpected_answer();
        delimiter = std::move(listed->delimiter);
    }
}

Result<std::uint32_t> ImapClient::search_count(const std::string& criteria) {
    session_.uid_search_count(criteria);
    auto count = next_as<imap::SearchCount>();
    if (!count) return tl::unexpected(count.error());
    if (count->limited_from <= 1) return count->count;
    return search(criteria).map([](auto&& uids) { return static_cast<std::uint32_t>(uids.size()); });
}

Result<std::vector<std::uint32_t>> ImapClient::search_partial(const std::string& criteria, std::uint32_t count,
                                                              imap::ClientSession::End end) {
    session_.uid_search_partial(criteria, count, end);
    auto found = next_as<imap::SearchResult>();
    if (!found) return tl::unexpected(found.error());
    if (found->limited_from <= 1) return std::move(found->uids);
    auto uids = search(criteria);
    if (!uids || uids->size() <= count) return uids;
    const auto excess = static_cast<std::ptrdiff_t>(uids->size() - count);
    if (end == imap::ClientSession::End::first) {
        uids->erase(uids->end() - excess, uids->end());
    } else {
        uids->erase(uids->begin(), uids->begin() + excess);
    }
    return uids;
}

Result<std::vector<std::uint32_t>> ImapClient::sort(std::string_view keys, const std::string& criteria) {
    session_.uid_sort(keys, criteria);
    return next_as<imap::SortResult>().map([](auto&& sorted) { return std::move(sorted.uids); });
}

Result<std::vector<imap::ThreadedMessage>> ImapClient::thread(std::string_view algorithm,
                                                              const std::string& criteria) {
    session_.uid_thread(algorithm, criteria);
    return next_as<imap::ThreadResult>().map([](auto&& threads) { return std::move(threads.messages); });
}

Result<imap::ClientStep> ImapClient::next() {
    while (true) {
        auto step = drive(session_, connection_);
        if (!step) usable_ = false;
        const auto* alert = step ? std::get_if<imap::Alert>(&*step) : nullptr;
        if (step && is_about_enable(*step)) continue;
        if (alert == nullptr) return step;
        note_("the server says: " + alert->text);
    }
}

Result<std::optional<imap::ClientStep>> ImapClient::next_available() {
    while (true) {
        auto step = session_.next();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            if (auto written = connection_.stream->write(output->octets); !written) {
                usable_ = false;
                return tl::unexpected(written.error());
            }
        } else if (std::holds_alternative<wire::NeedInput>(step)) {
            struct pollfd polled {
                descriptor(), POLLIN, 0
            };
            if (!has_read_ahead() && ::poll(&polled, 1, 0) <= 0) return std::optional<imap::ClientStep>{};
            const auto octets = connection_.stream->read();
            usable_ = usable_ && octets;
            if (!octets) return tl::unexpected(octets.error());
            if (octets->empty()) {
                session_.feed_eof();
            } else {
                session_.feed(*octets);
            }
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            usable_ = false;
            return tl::unexpected(std::move(failed->error));
        } else if (const auto* alert = std::get_if<imap::Alert>(&step)) {
            note_("the server says: " + alert->text);
        } else if (is_about_enable(step)) {
            continue;
        } else {
            return std::optional(std::move(step));
        }
    }
}

Result<imap::ClientStep> ImapClient::next_accepted() {
    auto step = next();
    if (!step) return step;
    if (auto* refused = std::get_if<imap::Refused>(&*step)) return tl::unexpected(std::move(refused->error));
    return step;
}

std::string ImapClient::ref_of(std::uint32_t uid) const {
    if (!uid_validity_) return {};
    Location ref = location_;
    ref.uid_validity = uid_validity_;
    ref.uid = uid;
    return encode(ref);
}

Error ImapClient::no_such_message(const Location& ref) const {
    return app::no_such_message(is_outdated(ref) ? ": the UIDVALIDITY of the mailbox has changed" : "");
}

email::Context ImapClient::context_of(std::uint32_t uid) const {
    email::Context context;
    context.ref = ref_of(uid);
    context.mailbox = location_.mailbox;
    context.uid = uid;
    context.uid_validity = uid_validity_;
    return context;
}

email::Context ImapClient::context_of(const imap::FetchedMessage& message) const {
    email::Context context = context_of(message.uid);
    context.keywords = keywords_of_flags(message.flags);
    if (const auto date = mime::parse_date(message.internal_date)) {
        context.received_at = mime::epoch_seconds(*date);
    }
    return context;
}

Result<std::unique_ptr<ImapClient>> open_imap(const Location& location, const ClientOptions& options,
                                              Trace* trace, Diagnostics& diagnostics, ImapAccess access) {
    auto login = find_login(location, options);
    if (!login) return tl::unexpected(login.error());
    auto connection = open_connection(location, options);
    if (!connection) return tl::unexpected(connection.error());
    Location mailbox = location;
    mailbox.user = login->user;
    ImapClient::Note note = [&diagnostics, where = encode(mailbox)](std::string_view text) {
        diagnostics.note(where, text);
    };
    auto client = std::make_unique<ImapClient>(std::move(mailbox), std::move(*connection), std::move(*login),
                                               trace, std::move(note));
    Result<void> ready;
    if (access == ImapAccess::account) {
        ready = client->log_in();
    } else if (const auto opened = client->open(access == ImapAccess::read); !opened) {
        ready = tl::unexpected(opened.error());
    }
    if (!ready) return tl::unexpected(ready.error());
    return client;
}

Result<std::unique_ptr<ImapClient>> open_imap(const Location& location, config::Accounts& accounts,
                                              Trace* trace, Diagnostics& diagnostics, ImapAccess access) {
    const auto options = accounts.client(location);
    if (!options) return tl::unexpected(options.error());
    return open_imap(location, *options, trace, diagnostics, access);
}

}  // namespace mailpipe::app
