#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/connection.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/pop3/client_session.hpp"

namespace mailpipe::app {

// What LIST and UIDL say, in the server's order. Without UIDL (RFC 1939: optional) has_uidl is false.
struct Pop3Maildrop {
    std::vector<pop3::ScanListing> sizes;  // LIST
    std::vector<pop3::ScanListing> uidls;  // UIDL
    bool has_uidl = true;
};

// A message of a maildrop that is listed or read.
struct Pop3Entry {
    std::uint32_t number = 0;
    std::uint64_t size = 0;
    std::string uidl;  // empty: none, or not unique, so that there is no ref
};

// A maildrop on a POP3 server: what fetching, listing and reading it have in common.
class Pop3Client {
 public:
    // `maildrop` has its user. `trace` is not owned and may be null.
    Pop3Client(Location maildrop, Connection connection, Login login, Trace* trace);
    // Ends the session with QUIT when nothing is in flight, and waits for the reply, since the server may hold
    // a lock on the maildrop until then; what it says changes nothing. After a failure the end of the
    // connection must do.
    ~Pop3Client();
    Pop3Client(const Pop3Client&) = delete;
    Pop3Client& operator=(const Pop3Client&) = delete;

    // Errors: those of the connection and the session.
    Result<void> log_in();
    // LIST and UIDL. Errors as log_in(), and that of a refused LIST.
    Result<Pop3Maildrop> list();
    // The same, kept here for the members below.
    Result<void> read_entries();

    // For more commands, from log_in() on. After session().quit() the reply is the caller's.
    pop3::ClientSession& session() { return session_; }
    // The next event; what it views is valid until the next call. Errors as log_in().
    Result<pop3::ClientStep> next();

    const Location& location() const { return location_; }
    const std::optional<net::TlsInfo>& tls_info() const { return connection_.tls_info; }
    bool has_top() const { return has_top_; }
    std::uint32_t login_delay() const { return login_delay_; }  // pop3::Capabilities
    const std::vector<Pop3Entry>& entries() const { return entries_; }
    const Pop3Entry* find(const Location& ref) const;  // nullptr: no such message
    // All but its size.
    email::Context context_of(const Pop3Entry& entry) const;

 private:
    Location location_;
    Connection connection_;
    pop3::ClientSession session_;
    bool usable_ = false;  // logged in, and nothing has failed since
    bool has_top_ = false;
    std::uint32_t login_delay_ = 0;
    std::vector<Pop3Entry> entries_;
    std::unordered_map<std::string_view, const Pop3Entry*> by_uidl_;  // of entries_
};

// Finds user and password, connects, logs in and reads the entries.
Result<std::unique_ptr<Pop3Client>> open_pop3(const Location& location, const ClientOptions& options,
                                              Trace* trace);
// With the options that `accounts` has for it.
Result<std::unique_ptr<Pop3Client>> open_pop3(const Location& location, config::Accounts& accounts,
                                              Trace* trace);

}  // namespace mailpipe::app
