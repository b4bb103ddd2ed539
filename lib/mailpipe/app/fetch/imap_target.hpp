#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/fetch/fingerprint.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/app/options.hpp"

namespace mailpipe::app {

// A mailbox on a server that messages are appended to, over a connection that is made when it is needed.
class ImapTarget {
 public:
    using Note = ImapClient::Note;

    struct Item {
        imap::AppendItem described;
        std::unique_ptr<MessageSpool> text = std::make_unique<MessageSpool>();
        // What has become of it; neither: nobody knows, or it was not sent.
        bool taken = false;
        std::optional<Error> refused = {};
        std::uint32_t uid = 0;  // there; 0: the server does not say
    };
    // Where the next message cannot be below. Zero: not known.
    struct Place {
        std::uint32_t uid_validity = 0;
        std::uint32_t uid = 0;
    };

    // `trace` is not owned and may be null.
    ImapTarget(Location mailbox, ClientOptions client, Trace* trace, Note note);

    // Errors: usage, config: what needs no server to be wrong.
    Result<void> prepare();
    // Errors of what follows: those of the connection, the login, and of a refusal that is not about one message.
    Result<void> connect();
    // What is asked of a mailbox that is selected may be what it was then.
    void disconnect() {
        client_.reset();
        looking_ = false;
    }
    // As of connect() or the last message appended.
    const Place& next_place() const { return next_; }
    // All in one command where the server can, else one after the other without waiting for answers. What was taken
    // before an error says so.
    Result<void> append(std::vector<Item>& items);
    std::string ref_of(std::uint32_t uid) const;  // under next_place().uid_validity

    // Each message from that UID on, oldest first: use(uid, print, size). A mailbox that is not there has none.
    using Use = std::function<void(std::uint32_t uid, const Fingerprint& print, std::uint64_t size)>;
    // The UIDVALIDITY of the mailbox; 0: there is none, or no mailbox. It is selected then.
    Result<std::uint32_t> select();
    Result<void> each_from(std::uint32_t uid, const Use& use);

 private:
    bool says_uids() const;
    Result<void> find_mailbox();
    Result<void> ask_for_place();
    Result<void> create();
    void judge(std::vector<Item>& items) const;
    std::optional<std::uint64_t> append_limit() const;
    Result<void> append_open(std::vector<Item>& items, bool together);
    Result<void> hear(const std::vector<Item*>& sent, bool together);
    Result<std::uint64_t> give(Item& item, std::uint64_t left);
    void take(const std::vector<Item*>& items, const imap::Appended& appended);

    Location mailbox_;
    ClientOptions options_;
    Trace* trace_;
    Note note_;
    Login login_;
    std::unique_ptr<ImapClient> client_;
    Place next_;
    std::optional<Error> place_refused_;    // by STATUS
    bool looking_ = false;                  // from select() to disconnect()
    std::optional<Error> mailbox_missing_;  // by APPEND
};

}  // namespace mailpipe::app
