#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mailpipe/app/fetch/key_table.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/store/journal.hpp"

// What a source has delivered to a destination: a journal of one-line records, which one process holds at a
// time.
//
//     record = "mailpipe-fetch 1 " source SP destination    ; the first one
//            / "validity " number                           ; IMAP: UIDVALIDITY that all keys below belong to
//            / "staged " key SP size SP staged-id           ; durable in the destination, perhaps not in place
//            / "done " key                                  ; in place, or written to stdout
//            / "lost " key                                  ; staged once and found nowhere: to be fetched
//            / "deleted " key                               ; the server has confirmed its removal
//            / "forget " key                                ; the server lists it no more
//     key    = percent-encoded UIDL, or UID
namespace mailpipe::app {

class FetchState {
 public:
    struct Staged {
        std::string key;  // empty: of a message that cannot be remembered
        std::uint64_t size = 0;
        std::string id;
    };

    // `directory` empty: $XDG_STATE_HOME/mailpipe, made with mode 0700. Errors: those of Journal::open; config
    // when there is neither $XDG_STATE_HOME nor $HOME; data when the file belongs to another source or
    // destination.
    static Result<FetchState> open(const std::string& directory, const Location& source,
                                   const std::string& destination);

    using Keys = std::vector<std::string_view>;

    bool is_done(std::string_view key) const { return standing(key) != Standing::unknown; }
    bool is_deleted(std::string_view key) const { return standing(key) == Standing::deleted; }
    // What an earlier process made durable and did not see in place, in its order.
    std::vector<Staged> pending() const;
    std::optional<std::uint32_t> validity() const { return validity_; }

    // Written and durable when it returns. Those without a key are passed over.
    Result<void> record_staged(const std::vector<Staged>& staged);
    // Written; durable after the next sync().
    Result<void> record_done(const Keys& keys);
    Result<void> record_lost(const Keys& keys);
    Result<void> record_deleted(const Keys& keys);
    Result<void> sync() { return journal_->sync(); }
    // Forgets all that belongs to another validity. Durable.
    Result<void> set_validity(std::uint32_t validity);
    // After a complete listing of `count` messages: forgets what was deleted and is listed no more, and much of
    // what else is listed no more. A message that was deleted and is still listed stays known: some servers go
    // on listing it.
    Result<void> forget_unlisted(std::size_t count, const std::function<bool(std::string_view key)>& is_listed);

 private:
    enum class Standing : std::uint8_t { unknown, done, deleted };  // unknown is also what was forgotten
    struct Pending {
        std::size_t order = 0;
        Staged staged;
    };

    FetchState() = default;
    Standing standing(std::string_view key) const;
    void set_standing(std::string_view key, Standing standing);
    Result<void> record(std::string_view word, const Keys& keys);
    void apply(std::string_view record);
    std::size_t live_count() const;
    void produce_live(const store::Journal::Use& sink) const;

    std::unique_ptr<store::Journal> journal_;
    std::string header_;
    std::optional<std::uint32_t> validity_;
    std::unordered_map<std::string, Pending> staged_;  // by earlier processes
    std::size_t staged_count_ = 0;
    KeyTable keys_;  // with their standing
    std::size_t done_count_ = 0;
    std::size_t deleted_count_ = 0;
};

// The source without what does not change which messages it holds: the scheme's TLS, a default port, a single
// message.
std::string canonical_source(const Location& source);
// A readable beginning and the SHA-256 of both.
std::string state_file_name(const Location& source, const std::string& destination);

}  // namespace mailpipe::app
