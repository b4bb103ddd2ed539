#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/connection.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/net/pollable.hpp"

namespace mailpipe::app {

// One mailbox on an IMAP server: what fetching, listing and reading it have in common.
class ImapClient {
 public:
    // Of what the user has to know, such as an alert (RFC 3501 section 7.1).
    using Note = std::function<void(std::string_view text)>;

    // `mailbox` has its user. `trace` is not owned and may be null.
    ImapClient(Location mailbox, Connection connection, Login login, Trace* trace, Note note);
    // Says good-bye when nothing is in flight; what the server answers changes nothing.
    ~ImapClient();
    ImapClient(const ImapClient&) = delete;
    ImapClient& operator=(const ImapClient&) = delete;

    // Errors of both: those of the connection and the session, and of a refusal.
    Result<void> log_in();
    // Logs in and selects the mailbox.
    Result<void> open(bool read_only);
    // Of these what the server offers (RFC 5161); behind log_in(). What it refuses is done without.
    void enable(std::vector<std::string> extensions);
    // Before a command with the name of this mailbox. Errors: those of the connection and the session.
    Result<void> be_ready_to_name(std::string_view mailbox);
    // Selects another mailbox of the account, or the same once more.
    // What happened there since `past` is in selected(), where `news` wants that and the server can say it.
    Result<void> select(const Location& mailbox, bool read_only, imap::SelectNews news = imap::SelectNews::none,
                        const imap::MailboxPast& past = {});
    // Logged in, and nothing has failed since.
    bool is_usable() const { return usable_; }
    // Messages have come since the mailbox was selected.
    bool has_grown() const { return session_.arrivals() != arrivals_; }
    // Flags of messages there have changed since, by the hand of others.
    bool has_changed_flags() const { return session_.flag_changes() != flag_changes_; }
    // Waits by IDLE (RFC 2177) until messages come to the selected mailbox, or with `flags` until flags change, or `pause`
    // says so, which is asked twice a second at least, or `other_news`, which is asked whenever something was read. Errors:
    // as next(); unsupported without IDLE.
    Result<void> idle(const std::function<bool()>& pause, bool flags = false,
                      const std::function<bool()>& other_news = {});
    // SEARCH syntax; the UIDs ascend. What a server does by parts (MESSAGELIMIT, RFC 9738) is asked for until it is all
    // there. Errors as open().
    Result<std::vector<std::uint32_t>> search(const std::string& criteria);
    // Of levels in the names of mailboxes; empty: there are none. Errors as open().
    Result<std::string> delimiter();
    // These as the commands of imap::ClientSession: unsupported when the server does not offer them.
    Result<std::uint32_t> search_count(const std::string& criteria);
    Result<std::vector<std::uint32_t>> search_partial(const std::string& criteria, std::uint32_t count,
                                                      imap::ClientSession::End end);
    Result<std::vector<std::uint32_t>> sort(std::string_view keys, const std::string& criteria);
    Result<std::vector<imap::ThreadedMessage>> thread(std::string_view algorithm, const std::string& criteria);

    // So many messages of `wanted` may one command be about.
    std::size_t at_once(std::size_t wanted) const;

    // For more commands, from log_in() or open() on.
    imap::ClientSession& session() { return session_; }
    // The next event that is no alert; what it views is valid until the next call. Errors: those of the
    // connection and the session.
    Result<imap::ClientStep> next();
    // The same, and a refusal is an error.
    Result<imap::ClientStep> next_accepted();
    // The same, and any other event is an error.
    template <class Event>
    Result<Event> next_as() {
        auto step = next_accepted();
        if (!step) return tl::unexpected(step.error());
        auto* event = std::get_if<Event>(&*step);
        if (event == nullptr) return unexpected_answer();
        return std::move(*event);
    }

    // The next event that is there without waiting, and no alert; nullopt when none is. Errors: those of next().
    Result<std::optional<imap::ClientStep>> next_available();
    // Of the connection.
    int descriptor() const { return net::descriptor_of(*connection_.stream); }
    bool has_read_ahead() const { return net::has_read_ahead(*connection_.stream); }

    const Location& location() const { return location_; }
    const std::optional<net::TlsInfo>& tls_info() const { return connection_.tls_info; }
    const std::vector<std::string>& capabilities() const { return capabilities_; }  // upper case
    bool has_capability(std::string_view name) const;
    const imap::Selected& selected() const { return selected_; }
    // nullopt: UIDs do not last, there are no refs.
    std::optional<std::uint32_t> uid_validity() const { return uid_validity_; }
    std::string ref_of(std::uint32_t uid) const;  // empty when there are none
    // Whether the UIDs of the mailbox are others now.
    bool is_outdated(const Location& ref) const {
        return ref.uid_validity && ref.uid_validity != uid_validity_;
    }
    Error no_such_message(const Location& ref) const;
    // What its UID says of a message.
    email::Context context_of(std::uint32_t uid) const;
    // All but its size.
    email::Context context_of(const imap::FetchedMessage& message) const;

 private:
    Result<void> await_enabled();
    Result<void> select_once(bool read_only, imap::SelectNews news, const imap::MailboxPast& past);
    bool is_about_enable(const imap::ClientStep& step);

    Location location_;
    Connection connection_;
    imap::ClientSession session_;
    Note note_;
    bool usable_ = false;
    std::vector<std::string> capabilities_;
    std::size_t enables_ = 0;    // not answered yet
    bool resync_asked_ = false;  // ENABLE QRESYNC was sent
    bool has_selected_ = false;  // SELECT was sent
    bool news_refused_ = false;
    imap::Selected selected_;
    std::uint64_t arrivals_ = 0;      // when it was selected
    std::uint64_t flag_changes_ = 0;  // likewise
    std::optional<std::uint32_t> uid_validity_;
};

enum class ImapAccess {
    account,  // no mailbox is selected
    read,
    write
};

// Finds user and password, connects, and opens the mailbox of `location`; alerts go to `diagnostics`, which
// outlives the client.
Result<std::unique_ptr<ImapClient>> open_imap(const Location& location, const ClientOptions& options,
                                              Trace* trace, Diagnostics& diagnostics,
                                              ImapAccess access = ImapAccess::read);
// With the options that `accounts` has for it.
Result<std::unique_ptr<ImapClient>> open_imap(const Location& location, config::Accounts& accounts,
                                              Trace* trace, Diagnostics& diagnostics,
                                              ImapAccess access = ImapAccess::read);

}  // namespace mailpipe::app
