#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/redactor.hpp"
#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/imap/command_encoder.hpp"
#include "mailpipe/imap/esearch_response.hpp"
#include "mailpipe/imap/fetch_response.hpp"
#include "mailpipe/imap/mailbox_responses.hpp"
#include "mailpipe/imap/response.hpp"
#include "mailpipe/imap/response_code.hpp"
#include "mailpipe/imap/response_framer.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/wire/deflate.hpp"
#include "mailpipe/wire/input_buffer.hpp"

// The parts of ClientSession: client_session.cpp drives, _login.cpp goes from the greeting to Ready,
// _commands.cpp queues and sends, _changes.cpp those that change a mailbox, _mailboxes.cpp has what is about mailboxes
// as a whole, _responses.cpp takes responses apart, _messages.cpp those that carry messages, _search.cpp has what is about finding
// them, _resync.cpp what tells of changes since an earlier session, _notify.cpp of those elsewhere, _utf8.cpp what UTF8=ACCEPT changes.
namespace mailpipe::imap {

enum class Verb {
    capability,
    starttls,
    authenticate,
    login,
    compress,
    select,
    search,
    sort,
    thread,
    fetch,
    store,
    expunge,
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
    notify,
    logout
};

std::string_view name_of(Verb verb);
Command public_command(Verb verb);

// A message of APPEND: its text follows when so many chunks are sent.
struct AppendPart {
    std::size_t behind_chunks = 0;
    std::uint64_t size = 0;
    bool utf8 = false;  // within "UTF8 (" and ")"
};

// A command from the call that queues it to its tagged response.
struct PendingCommand {
    Verb verb{};
    std::string tag;
    std::vector<Chunk> chunks;
    std::size_t chunks_sent = 0;
    std::optional<Error> refused;  // never sent: reported when its turn comes

    Selected selected;                   // select
    bool resyncs = false;                // select
    std::vector<std::uint32_t> uids;     // search, sort
    bool with_status = false;            // list: STATUS responses are its own
    bool counts = false;                 // search: that much is wanted, and no UIDs
    std::optional<std::uint32_t> count;  // search
    ThreadReader threads;                // thread
    UidSet uid_set;                      // fetch, copy, move
    std::string section;                 // fetch: "BODY[]", "BODY[HEADER]", or empty
    Copied copied;                       // copy, move
    std::vector<AppendPart> parts;       // append
    std::size_t parts_begun = 0;         // append
    std::size_t listed = 0;              // list, status, quota
    std::uint64_t fetched = 0;           // fetch
};

struct ClientSession::Impl {
    explicit Impl(ClientOptions client_options);

    // client_session.cpp
    ClientStep next();
    std::optional<ClientStep> pump();
    void feed(std::string_view octets);
    bool inflate();
    std::optional<ClientStep> on_literal(const ResponseFramer::Step& step);
    void on_text(const ResponseFramer::Step& step);
    void begin_literal(const ResponseFramer::Step& step);
    void on_eof();
    void fail_with(Error error);
    void fail_with(Errc kind, std::string message) { fail_with(Error{kind, std::move(message), std::nullopt}); }
    void trace_server(std::string_view line) const;
    void count_unasked(std::uint64_t octets);
    std::string shown(std::string_view text) const;
    Error refused(std::string_view what, const ResponseText& text, Errc otherwise) const;

    // client_session_login.cpp
    void on_greeting(std::string_view status, const ResponseText& text);
    void advance_login();
    void authenticate();
    void send_login(LiteralUse literals);
    void on_challenge(std::string_view encoded);
    void on_login_step_done(const PendingCommand& command, std::string_view status, const ResponseText& text);
    void on_tls_started();
    void on_compressed(std::string_view status);
    void set_capabilities(std::string_view list);
    bool has_capability(std::string_view name) const;

    // client_session_commands.cpp
    PendingCommand& queue(Verb verb);
    void queue_refused(Verb verb, Error error);
    void queue_text(Verb verb, std::string_view text);
    LiteralUse literal_use() const;
    void send_commands();
    bool may_send(const PendingCommand& command) const;
    void send_chunk(PendingCommand& command);
    PendingCommand* in_flight(Verb verb);
    std::size_t outstanding() const;

    // client_session_changes.cpp
    void queue_copy(Verb verb, const std::string& uid_set, std::string_view mailbox);
    void begin_append(PendingCommand& command);
    void append_data(std::string_view octets);
    void end_append_part();
    static Appended appended(const PendingCommand& command, const ResponseText& text);
    void on_copyuid(PendingCommand& command, const ResponseText& text);

    // client_session_idle.cpp
    void end_idle();
    void on_exists(std::uint32_t count);

    // client_session_mailboxes.cpp
    bool has_size_in_status() const;
    void queue_of_mailbox(Verb verb, std::string_view word, std::string_view mailbox, std::string_view rest);
    bool on_mailbox_data(std::string_view name, Tokens& tokens);  // false: it is something else

    // client_session_responses.cpp
    void on_response();
    void on_continuation(std::string_view text);
    void on_tagged(std::string_view tag, std::string_view rest);
    void on_untagged();
    void on_status(std::string_view status, std::string_view rest);
    void on_numbered(Tokens& tokens);
    void on_done(PendingCommand command, std::string_view status, const ResponseText& text);
    void take_code(const ResponseText& text);

    // client_session_messages.cpp
    bool wants_section(std::string_view section) const;
    void on_fetch(std::uint32_t sequence_number, Tokens& tokens, bool number_is_uid = false);
    void count_fetched(PendingCommand& command);
    void emit_fetched(std::uint32_t sequence_number, FetchResponse response, bool has_body);
    PendingCommand* asked_for(const FetchResponse& response, std::string_view section);

    // client_session_notify.cpp
    void on_notice(Tokens& tokens, NameForm form);

    // client_session_utf8.cpp
    bool is_utf8_enabled() const;
    Result<std::string> wire_name(std::string_view mailbox) const;

    // client_session_resync.cpp
    std::string select_parameters(SelectNews news, const MailboxPast& past) const;
    void on_enabled(std::string_view extensions);
    void on_vanished(Tokens& tokens);
    bool on_flag_news(const FetchResponse& response);  // false: it is none
    void take_select_code(PendingCommand& select, const ResponseText& text);

    // client_session_search.cpp
    PendingCommand& queue_search(Verb verb, std::string_view words, const std::string& criteria);
    bool fits_in_esearch() const;
    void on_numbers(const ResponseFramer::Step& step);
    void on_uids(PendingCommand* command, std::string_view numbers);
    void on_threads(std::string_view lists);
    void on_esearch(Tokens& tokens);
    void add_uids(PendingCommand& search, std::uint32_t first, std::uint32_t last);
    void on_found(PendingCommand command, std::uint32_t limited_from);

    ClientOptions options;
    Redactor redactor;
    wire::InputBuffer input;
    std::unique_ptr<wire::Deflate> deflate;  // once the connection is compressed
    bool compress_refused = false;
    ResponseFramer framer;
    std::deque<ClientStep> events;
    std::string output;
    std::optional<Error> failed;

    // Connection state.
    bool greeted = false;
    bool tls_active;
    bool tls_wanted = false;   // StartTls is to be yielded
    bool tls_pending = false;  // it was, and tls_started() has not come
    bool capabilities_known = false;
    bool logged_in = false;
    bool ready = false;
    bool selected = false;
    std::uint32_t exists = 0;  // in the selected mailbox, as last said
    bool bye = false;
    bool closed = false;
    std::vector<std::string> capabilities;
    std::vector<std::string> enabled;  // upper case
    std::unique_ptr<sasl::Client> sasl;
    std::optional<Error> sasl_error;  // why the exchange was cancelled

    // Commands: those in flight come first.
    std::deque<PendingCommand> commands;
    std::size_t commands_in_flight = 0;
    std::uint32_t last_tag = 0;

    bool idling = false;     // the server has said so
    bool idle_ends = false;  // DONE is wanted
    std::uint64_t arrivals = 0;
    std::uint64_t flag_changes = 0;

    std::map<std::string, std::optional<MailboxStatus>, std::less<>>
        noticed;  // by name, of those asked for by NOTIFY
    bool notify_overflowed = false;

    // The message of the APPEND that was begun, which is the last command in flight.
    bool append_begun = false;
    bool append_asked = false;  // by AppendMore
    std::uint64_t append_left = 0;

    // The response that is coming in.
    Response response;
    FetchItemTracker tracker;
    std::optional<std::uint32_t> fetch_number;  // it is a FETCH
    std::size_t buffered = 0;                   // octets of its literals that are kept
    bool body_streams = false;                  // the literal that comes is a body that was asked for
    std::string body_section;                   // of the body that was streamed; empty: none
    std::string held_body;                      // a body that came as a quoted string
    bool search_tail = false;                   // behind the numbers of a SEARCH or SORT response
    bool asked = false;                         // it is what a command wants to know
    std::uint64_t unasked = 0;                  // octets since the last tagged response
    std::size_t alerts = 0;
};

}  // namespace mailpipe::imap
