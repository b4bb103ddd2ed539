#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/trace.hpp"
#include "mailpipe/imap/mailbox_data.hpp"
#include "mailpipe/imap/thread_response.hpp"
#include "mailpipe/wire/session.hpp"

// The client side of IMAP4rev1 (RFC 3501; MULTIAPPEND 3502, BINARY 3516, LITERAL+ 7888, UIDPLUS 4315, SASL-IR 4959, MOVE 6851, ESEARCH 4731,
// PARTIAL 9394, SORT and THREAD 5256, UIDONLY 9586, MESSAGELIMIT 9738), without I/O; wire/session.hpp says how it is driven.
namespace mailpipe::imap {

using wire::TlsUse;

struct ClientOptions {
    TlsUse tls = TlsUse::implicit;
    std::string user;
    Secret password;
    bool password_is_token = false;    // an OAuth 2.0 bearer token (sasl::Credentials)
    std::string channel_binding = {};  // of implicit TLS (sasl::Credentials)
    // PREAUTH counts as the login of `user`: who made the connection has logged in.
    bool accept_preauth = false;
    bool has_certificate = false;       // TLS has shown one (sasl::Credentials)
    std::string kerberos_host = {};     // sasl::Credentials
    bool compress = false;              // COMPRESS=DEFLATE (RFC 4978) after the login, where it is offered
    bool allow_plaintext_auth = false;  // LOGIN and AUTHENTICATE PLAIN although tls is none
    Trace* trace = nullptr;
};

// Events.
struct Ready {                              // logged in; commands may be queued
    std::vector<std::string> capabilities;  // upper case
};
struct Alert {  // [ALERT]: shown to the user (RFC 3501 section 7.1)
    std::string text;
};
struct FlagNews {  // what the flags of a message are now
    std::uint32_t uid = 0;
    bool seen = false;
};
struct Selected {
    std::string mailbox;
    std::uint32_t exists = 0;
    std::uint32_t uid_validity = 0;  // 0: the server has no persistent UIDs
    std::uint32_t uid_next = 0;      // 0: not said
    bool read_only = false;
    bool persistent_uids = true;  // false after [UIDNOTSTICKY]
    // PERMANENTFLAGS as the server writes them, "\\*" when it takes new keywords; nullopt: all last (RFC 3501
    // section 7.1).
    std::optional<std::vector<std::string>> permanent_flags;
    // HIGHESTMODSEQ (RFC 7162 section 3.1.2.1); 0: the server keeps none for this mailbox, or did not say.
    std::uint64_t highest_modseq = 0;
    // `vanished` and `changed` are all that has happened to what was there at the MailboxPast (QRESYNC, RFC 7162
    // section 3.2.5); a message may be in both, or in neither and gone all the same when it came since.
    bool resynced = false;
    std::vector<UidRange> vanished;  // in the order of the server, perhaps with what never was there
    std::vector<FlagNews> changed;   // likewise
};
// `limited_from`: the server has worked on messages from this UID on only (MESSAGELIMIT, RFC 9738); 0: on all.
struct SearchResult {
    std::vector<std::uint32_t> uids;  // ascending, without duplicates
    std::uint32_t limited_from = 0;
};
struct SearchCount {
    std::uint32_t count = 0;
    std::uint32_t limited_from = 0;
};
struct SortResult {
    std::vector<std::uint32_t> uids;  // in the order of the sort, each once
};
struct ThreadResult {
    std::vector<ThreadedMessage> messages;  // each behind what it hangs from; a UID once
};
struct FetchedMessage {
    std::uint32_t uid = 0;
    std::uint32_t sequence_number = 0;  // the UID once more, where UIDONLY is enabled
    std::optional<std::uint64_t> size;  // RFC822.SIZE
    std::vector<std::string> flags;     // as the server writes them, "\\Seen", "$Forwarded"
    std::string internal_date;          // as the server writes it; empty when not asked
    bool has_body = false;              // BodyData came before (possibly of no octets); false after NIL
};
struct BodyBegin {  // the body of a message comes; its uid may be known only with Fetched
    std::uint32_t sequence_number = 0;
    std::uint64_t size = 0;  // octets that follow
};
struct BodyData {
    std::string_view octets;
};
struct Fetched {  // one FETCH response is complete; unasked-for FETCH responses are dropped by the session
    FetchedMessage message;
};
struct Copied {                      // tagged OK to uid_copy or uid_move
    std::uint32_t uid_validity = 0;  // of the other mailbox; 0: the server does not say what the UIDs are there
    std::vector<std::uint32_t> from;  // of the messages that were copied
    std::vector<std::uint32_t> to;    // the UID of each in the other mailbox
};
struct AppendMore {  // so much of the message is to be given by append_data()
    std::uint64_t octets = 0;
};
struct Appended {  // tagged OK to append
    std::uint32_t uid_validity = 0;
    std::vector<std::uint32_t> uids;  // of each message, in order; empty: the server does not say
};
struct MailboxGrew {  // EXISTS while idle() is in flight
    std::uint32_t exists = 0;
};
enum class Command {
    select,
    search,
    sort,
    thread,
    fetch,
    store,
    expunge,
    logout,
    copy,
    move,
    append,
    create,
    list,
    status,
    quota,
    idle,
    noop,
    enable,
    notify
};
struct CommandDone {  // tagged OK to a command that has no event of its own
    Command command{};
    std::uint32_t limited_from = 0;  // as SearchResult; of fetch, store and expunge
};
struct Refused {  // tagged NO or BAD to one command; the session goes on
    Command command{};
    Error error;
};
struct Closed {};  // after logout()

using ClientStep = std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, Ready, Alert,
                                Selected, SearchResult, SearchCount, SortResult, ThreadResult, BodyBegin,
                                BodyData, Fetched, Copied, AppendMore, Appended, ListedMailbox, MailboxStatus,
                                QuotaRoots, Quota, MailboxGrew, CommandDone, Refused, Closed>;

// flag of RFC 3501 section 9.
bool is_flag(std::string_view flag);

// What a client knows of a mailbox that it selects again.
struct MailboxPast {
    std::uint32_t uid_validity = 0;
    std::uint64_t modseq = 0;  // HIGHESTMODSEQ then; 0: not known
};

// How a mailbox is selected beside that (RFC 7162).
enum class SelectNews {
    none,
    modseq,  // HIGHESTMODSEQ is wanted, and kept from now on (CONDSTORE)
    resync   // and what has happened since a MailboxPast, where QRESYNC is enabled
};

// What APPEND says of a message.
struct AppendItem {
    std::vector<std::string> flags;
    std::string internal_date;  // a date-time, or empty
    std::uint64_t size = 0;
    bool binary = false;  // it holds NULs: it needs BINARY
    bool utf8 =
        false;  // its header is not ASCII: where UTF8=ACCEPT is enabled it is declared (RFC 6855 section 4)
};

enum class FlagAction { add, remove };
enum class FetchBody { none, header, whole };  // BODY.PEEK[HEADER], BODY.PEEK[]: never sets \Seen

// Greeting (PREAUTH is refused when TLS or a login is required), CAPABILITY, STARTTLS, CAPABILITY again, login:
// AUTHENTICATE PLAIN when offered, else LOGIN; LOGINDISABLED is respected. Errors as pop3::ClientSession;
// response codes decide the kind (AUTHENTICATIONFAILED auth, UNAVAILABLE and INUSE temporary, NONEXISTENT
// not_found, ...).
class MAILPIPE_EXPORT ClientSession {
 public:
    explicit ClientSession(ClientOptions options);
    ~ClientSession();
    ClientSession(ClientSession&&) noexcept;
    ClientSession& operator=(ClientSession&&) noexcept;

    void feed(std::string_view octets);
    void feed_eof();
    void tls_started(std::string channel_binding = {});  // sasl::Credentials
    ClientStep next();

    // Commands, from Ready on; sent in order, several in flight. A mailbox is UTF-8 here, modified UTF-7 on the
    // wire. `criteria` is SEARCH syntax (keys as email/search encodes them; it may hold literals, which the
    // session sends as the server allows). A UID set is "1:3,7".
    // With SelectNews what the server does not offer is left out. One that offers it and says BAD has it Refused.
    void select(std::string_view mailbox, bool read_only, SelectNews news = SelectNews::none,
                const MailboxPast& past = {});
    // Those of `extensions` that the server offers (RFC 5161); Refused when it offers none of them. A SELECT
    // does not wait for the answer.
    void enable(const std::vector<std::string>& extensions);
    bool is_enabled(std::string_view extension) const;  // upper case; the server has said so
    void uid_search(const std::string& criteria);
    // How many there are: a SearchCount; Refused without ESEARCH.
    void uid_search_count(const std::string& criteria);
    // The first `count` of them (not 0), or the last ones; can_search_partial() says whether the server offers
    // it, and without that it is Refused.
    enum class End { first, last };
    void uid_search_partial(const std::string& criteria, std::uint32_t count, End end);
    bool can_search_partial(End end) const;
    // `criteria` without a charset; they are UTF-8. `keys` is a list of sort keys, "(REVERSE DATE)": a SortResult.
    // `algorithm` is "REFERENCES" or the like: a ThreadResult. Refused when the server does not offer SORT, or
    // SORT=DISPLAY where a key needs that, or the algorithm.
    void uid_sort(std::string_view keys, const std::string& criteria);
    void uid_thread(std::string_view algorithm, const std::string& criteria);
    void uid_fetch(std::string uid_set, FetchBody body, bool internal_date = true);
    // Flags are atoms, those of the system with their backslash.
    void uid_store(std::string uid_set, FlagAction action, const std::vector<std::string>& flags);
    void uid_expunge(std::string uid_set);  // Refused with unsupported when UIDPLUS is not offered
    void uid_copy(std::string uid_set, std::string_view mailbox);
    void uid_move(std::string uid_set, std::string_view mailbox);  // the same without MOVE
    // Several messages are appended all or none of them; Refused without MULTIAPPEND. Needs no selected mailbox. The
    // text of one message after the other goes by append_data(), after each AppendMore, which says what is left of the
    // message; until it is all there no other command is sent. A large message goes when the server asks for it.
    void append(std::string_view mailbox, const std::vector<AppendItem>& messages);
    void append(std::string_view mailbox, const std::vector<std::string>& flags, std::string_view internal_date,
                std::uint64_t size);
    void append_data(std::string_view octets);
    void create(std::string_view mailbox);
    // All mailboxes: a ListedMailbox for each, and with LIST-STATUS (RFC 5819) a MailboxStatus, when asked for.
    void list(bool with_status);
    // A ListedMailbox without a name, which says the delimiter (RFC 3501 section 6.3.8).
    void list_delimiter();
    void status(std::string_view mailbox);          // a MailboxStatus
    void get_quota_root(std::string_view mailbox);  // QuotaRoots, and a Quota for each; Refused without QUOTA
    // Watches the mailbox (RFC 2177) until idle_done(); Refused without IDLE. No other command is sent meanwhile.
    void idle();
    void idle_done();
    void noop();
    // The server tells at once, and then again and again, of these mailboxes by take_notices(), and of the selected one by
    // arrivals(): of messages that come or go, and with `flags` of changed flags (RFC 5465). Takes the place of what was
    // asked for before; Refused without NOTIFY.
    void notify(const std::vector<std::string>& mailboxes, bool flags);
    // The last that was said of each since the last call.
    std::vector<MailboxStatus> take_notices();
    // Whether the server has given up telling (NOTIFICATIONOVERFLOW), until the next notify().
    bool has_overflowed() const;
    // How many EXISTS responses there were since the mailbox was selected: when it has grown, there are messages
    // that no earlier answer has told of.
    std::uint64_t arrivals() const;
    // How many FETCH responses with flags there were that nobody asked for: somebody has changed them.
    std::uint64_t flag_changes() const;
    void logout();
    std::size_t outstanding() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::imap
