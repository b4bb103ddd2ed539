#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/clock.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/store/mailbox.hpp"

// Takes messages in pieces and makes them safe. The order of what happens to a group makes it exactly once,
// wherever the process is killed:
//
//   1. each message is staged;
//   2. all are made durable;
//   3. the state says which staged id belongs to which key, synced;
//   4. they are published;
//   5. the state says done.
//
// Only what has come so far is reported, and may be deleted at the source.
namespace mailpipe::app {

// A message at its source. What a store does not keep may be left out for one.
struct Message {
    std::string key;           // of the state; empty: nothing can be remembered (POP3 without UIDL)
    std::uint32_t number = 0;  // POP3 message number or IMAP UID
    store::Keywords keywords;
    std::optional<std::time_t> received_at;
    Fingerprint print;  // known at its end

    // For stdout.
    std::string ref;
    std::optional<std::uint64_t> size;  // as the server says
    std::string uidl;
    std::optional<std::uint32_t> uid_validity;
    std::string mailbox;
};

// What has become of a message.
struct Delivered {
    std::string key;
    std::uint32_t number = 0;
    std::string to;          // ref at the destination; its location where a message has no ref; empty on stdout
    std::uint64_t size = 0;  // CRLF octets
    double seconds = 0;      // negative: not known
    // It is not delivered: the destination does not take this message, but may take others. Nothing is recorded
    // of it yet. With the message kReported it is passed over: the destination has failed, which was told already.
    std::shared_ptr<const Error> refused = nullptr;  // seldom there, and small where it is not
    // Those of several recipients who did not get it; it is delivered all the same, and not sent again.
    std::vector<Error> missed = {};
};

class Delivery {
 public:
    virtual ~Delivery() = default;
    // Brings into place what an earlier process left; `to` and `size` of the result and the key are known.
    virtual Result<std::vector<Delivered>> recover() = 0;
    // `message` may still lack what is known only at its end.
    virtual Result<void> begin(const Message& message) = 0;
    virtual Result<void> append(std::string_view crlf_text) = 0;
    virtual Result<void> finish(const Message& message) = 0;
    virtual void abandon() = 0;
    // What has become safe, or was refused, since the last call. Errors: those of the store, the state, or stdout.
    virtual Result<std::vector<Delivered>> take() = 0;
    // Makes safe all that was finished.
    virtual Result<std::vector<Delivered>> flush() = 0;
    // The caller uses the state itself only before the first begin() and after flush().
};

// Into a Maildir or mbox. A second thread makes a group safe while the next one is received. `place` tells it
// from other destinations that one state is kept of (FetchState::Staged).
Result<std::unique_ptr<Delivery>> make_store_delivery(const Location& destination, FetchState& state,
                                                      const std::string& place = {});
// To stdout, through `output`. Each message is recorded when its flush succeeded.
std::unique_ptr<Delivery> make_output_delivery(MessageOutput& output, FetchState& state);

}  // namespace mailpipe::app
