#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

// The events of mail-serve, JSON Lines (mail-json(5)). Octets that are not UTF-8 become U+FFFD. All but the
// first two kinds have "time", RFC 3339 in UTC with milliseconds; those of a connection have "connection", its
// number from 1.
//
//     listening   url: the socket with its real port, or lmtp:PATH; pinSha256: base64, with --tls-self-signed,
//                 but not for lmtp:PATH
//     ready       every socket listens
//     connection  url: which socket; peer: "192.0.2.7:40123" or "unix"
//     login       user; ok: whether it succeeded; mechanism: of SASL, or "USER" or "APOP"; tls: "TLSv1.3", where
//                 TLS is on
//     delivery    one for each mailbox that a message went into or that failed to take it; from: reverse-path,
//                 empty for <>; to: the recipient; user; reply: as below; delivered messages also have ref
//                 (not with --deliver), size (CRLF octets), seconds (from MAIL to the reply); tls: "TLSv1.3", where TLS is on
//     retrieval   user; uidl; size: CRLF octets sent before transparency; top: true for TOP
//     removal     user; uidls: what QUIT removed
//     append      user; mailbox: where messages came in over IMAP; uids: what they are there; size: octets of all of them, but for
//                 COPY and MOVE
//     expunge     user; mailbox; uids: messages that are gone for good
//     reload      ok: whether what SIGHUP made it read again is good; message: what is not
//     sandbox     seccomp: whether it is on; landlock: its version, 0 for none; message: what this system has not
//     client      peer: who is behind a trusted proxy; user: who has logged in there, absent for nobody
//     error       kind: kind_name(), or bug; message: one line; to and reply for a refused recipient, reply for
//                 a refused message, user for a mailbox that failed; without a connection when it concerns none
//     faults      seed: with --fault or --faults-file, before ready
//     fault       one has acted; fault: as it was given; protocol; point; count: how often its conditions have held;
//                 user, from, to (a list): as far as they are known
//     mismatch    with --replay; line of the recording; expected; got: absent at the end of the stream; message
//
// reply is {code, enhanced, text}.
namespace mailpipe::app::serve {

using Json = nlohmann::ordered_json;

// Writes lines from a thread of its own, which starts with the first of them, so that a slow reader never holds up the server. Members but the
// destructor never block. A line that comes within kEventsGathered of those last written goes with those that come in
// that time: a thread that wakes for each costs a busy server more than the writing.
class EventLog {
 public:
    // `where`: "-" for stdout, a file to append to, or empty for none. Errors: cannot_create.
    static Result<std::unique_ptr<EventLog>> open(const std::string& where);
    // Writes what is queued; gives up when the reader takes nothing for a second.
    ~EventLog();
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    // Sees every event before it is written, from any thread; set it before others write.
    void add_observer(std::function<void(const Json&)> observer) { observers_.push_back(std::move(observer)); }

    // At most kEventsQueued wait; those beyond are dropped, and an error event says how many.
    void write(const Json& event);

 private:
    EventLog(int fd, bool owned);
    void run();
    bool write_lines(std::string_view lines);  // false: the reader has left or takes nothing
    bool is_ready();                           // false: it takes nothing, and the server is ending

    int fd_;
    bool owned_;
    bool is_file_ = false;
    std::vector<std::function<void(const Json&)>> observers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;
    std::uint64_t dropped_ = 0;
    bool gathering_ = false;  // the thread comes for what is queued by itself
    bool ending_ = false;
    std::thread thread_;
};

inline constexpr std::size_t kEventsQueued = 10'000;
inline constexpr std::chrono::milliseconds kEventsGathered{5};

// {"event": NAME, "time": now}
Json make_event(std::string_view name);
Json json_of(const smtp::Reply& reply);
std::string_view kind_name(Errc kind);

}  // namespace mailpipe::app::serve
