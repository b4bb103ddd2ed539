#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "mailpipe/app/imap_client.hpp"

namespace mailpipe::app {

// The mailboxes of an account that are watched over one connection: all of them by NOTIFY (RFC 5465) where the server
// has it, else the selected one by IDLE.
class MailboxNews {
 public:
    using Names = std::set<std::string>;

    // The mailbox that is selected was fetched from.
    // `flags`: changed flags are news, too.
    void fetched(const ImapClient& client, bool flags);
    // It is watched no more.
    void forget(const std::string& mailbox) { known_.erase(mailbox); }
    void forget_all() { known_.clear(); }
    // What was asked for over the connection until now counts no more.
    void disconnected() { asked_.reset(); }

    // Until something has happened in some of them, which are returned, or until `pause` says so, which is asked twice a
    // second at least. `flags`: changed flags are news, too. Errors: those of the connection and the session.
    Result<Names> wait(ImapClient& client, bool flags, const std::function<bool()>& pause);

 private:
    struct Known {
        std::uint32_t uid_validity = 0;
        std::uint32_t uid_next = 0;
        std::uint64_t modseq = 0;
    };

    bool is_watched(const ImapClient& client) const;
    Result<Names> select_known(ImapClient& client);
    bool is_news(const imap::MailboxStatus& status, bool flags) const;
    Result<bool> ask(ImapClient& client, bool flags);
    Names take_news(ImapClient& client, bool flags);
    Result<Names> wait_for_notices(ImapClient& client, bool flags, bool idles,
                                   const std::function<bool()>& pause);
    Names all() const;

    std::map<std::string, Known> known_;  // by name
    Names grown_;                         // while they were fetched from
    std::optional<Names> asked_;          // what the server tells of
    std::uint32_t overflows_ = 0;
    bool refused_ = false;
};

}  // namespace mailpipe::app
