#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

class ImapClient;
class LocalStore;

// Called for each message, in order. What it leaves unread of `reader`, which lives during the call only, is
// dropped. Its error ends the run: it is for the output. What reader.read() fails with the handler reports
// itself.
using MessageHandler = std::function<Result<void>(const email::Context& context, store::MessageReader& reader)>;

// A mailbox that is open for reading messages.
class SourceMailbox {
 public:
    virtual ~SourceMailbox() = default;
    // All messages in the order of the mailbox; those that vanish meanwhile are passed over.
    virtual Result<void> read_all(const MessageHandler& handler) = 0;
    // The message of a ref into this mailbox. Error not_found when it is not there.
    virtual Result<void> read_one(const Location& ref, const MessageHandler& handler) = 0;
};

struct SourceOptions {
    config::Accounts* accounts = nullptr;  // not owned, never null
    Trace* trace = nullptr;                // not owned
    Diagnostics* diagnostics = nullptr;    // not owned, never null
};

// `location` is that of the mailbox. Errors: those of the store, of the connection and the login; usage for
// what holds no messages.
Result<std::unique_ptr<SourceMailbox>> open_mailbox(const Location& location, const SourceOptions& options);
Result<std::unique_ptr<SourceMailbox>> open_store_mailbox(const Location& location);
Result<std::unique_ptr<SourceMailbox>> open_imap_mailbox(const Location& location,
                                                         const SourceOptions& options);
Result<std::unique_ptr<SourceMailbox>> open_pop3_mailbox(const Location& location,
                                                         const SourceOptions& options);
// Of a mailbox that is open already.
std::unique_ptr<SourceMailbox> make_store_mailbox(std::shared_ptr<LocalStore> store);
std::unique_ptr<SourceMailbox> make_imap_mailbox(std::shared_ptr<ImapClient> client);

// Yields the messages of any number of locations, refs and inputs. A source that fails is reported to the
// diagnostics, and the next one goes on. The mailbox of the last ref stays open for the next one.
class MessageSource {
 public:
    MessageSource(SourceOptions options, MessageHandler handler);
    ~MessageSource();

    // The error is that of the handler, or temporary when a signal asks to stop.
    Result<void> read(const Location& location, const std::string& where);
    // Messages and refs from a descriptor (message_input.hpp); `where` is for errors. With `only_refs` a record
    // that names a ref is read from there, whatever else it holds.
    Result<void> read_input(int fd, std::string_view where, bool only_refs);

 private:
    Result<void> read_file(const std::string& path, std::string_view where);
    Result<void> read_ref(const std::string& text);
    Result<void> read_ref(const Location& ref, const std::string& where);
    Result<void> report(std::string_view where, const Result<void>& result);
    Result<SourceMailbox*> mailbox_of(const Location& location);

    SourceOptions options_;
    MessageHandler handler_;
    std::optional<Error> stopped_;  // by the handler or a signal
    std::optional<Location> mailbox_location_;
    std::unique_ptr<SourceMailbox> mailbox_;
    bool in_named_file_ = false;      // a file that a ref names is read
    std::optional<Location> failed_;  // of the last ref whose mailbox could not be opened
};

}  // namespace mailpipe::app
