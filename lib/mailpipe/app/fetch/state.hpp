#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mailpipe/app/fetch/fingerprint.hpp"
#include "mailpipe/app/fetch/key_table.hpp"
#include "mailpipe/app/fetch/settled.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/mailbox_data.hpp"
#include "mailpipe/store/journal.hpp"

// What a source has delivered to a destination: a journal of one-line records, which one process holds at a
// time.
//
//     record = "mailpipe-fetch 1 " source SP destination       ; the first one
//            / "validity " number                              ; IMAP: UIDVALIDITY that all keys belong to
//            / "complete " uid [SP rest]                       ; IMAP: nothing below this UID is left to be fetched
//            / "staged " key SP size SP staged-id SP print SP place  ; durable in the destination, perhaps not in
//                                                              ; place
//            / "done " key SP time SP size SP print SP to      ; in place, or written to stdout
//            / "lost " key                                     ; staged once and found nowhere: to be fetched
//            / "failed " key SP count SP time                  ; not to be had then, so many times by now
//            / "deleted " key                                  ; the server has confirmed its removal
//            / "forget " key                                   ; the server lists it no more
//     rest   = validity SP done SP deleted [SP settled]        ; nothing is staged or failed, and how many are what
//     settled = rules SP uidnext SP exists SP modseq SP time SP maildirs   ; fetch/settled.hpp; rules and maildirs are
//                                                              ; percent-encoded, "-" when empty
//     key    = percent-encoded UIDL, or UID
//     time   = seconds since 1970
//     print  = 16HEXDIG 16HEXDIG                               ; fetch/fingerprint.hpp
//     place  = "-" / location of another destination           ; percent-encoded
//     to     = "-" / ref of the message at its destination     ; percent-encoded, without the destination when it
//                                                              ; begins with that
namespace mailpipe::app {

class FetchState {
 public:
    struct Staged {
        std::string key;  // empty: of a message that cannot be remembered
        std::uint64_t size = 0;
        std::string id;
        Fingerprint print;
        std::string place;  // of the destination that staged it, where there are several; else empty
    };
    struct Done {
        std::string_view key;
        std::uint64_t size = 0;  // CRLF octets
        Fingerprint print;
        std::string_view to;     // ref; empty on stdout
        std::uint32_t time = 0;  // when it was delivered
    };
    struct Where {
        std::string directory;              // empty: $XDG_STATE_HOME/mailpipe, made with mode 0700
        std::chrono::milliseconds wait{0};  // for another process that holds it
        bool read_only = false;             // nothing is written or locked
    };

    // Errors: those of Journal::open; config when there is neither $XDG_STATE_HOME nor $HOME; data when the file
    // belongs to another source or destination.
    static Result<FetchState> open(const Where& where, const Location& source, const std::string& destination);

    using Keys = std::vector<std::string_view>;
    using UseDone = std::function<void(const Done& done)>;

    // A journal that ends at rest is not read by open(): most runs find no news, and need only what its last record
    // says. load() must come before all but is_new(), has_done(), failed_count(), pending(), pending_places(), validity(),
    // complete_below(), settled(), has_many_beyond(), has_less_than(), record_complete() of the same, sync() and set_validity(). Errors: io.
    Result<void> load();

    // What follows may be called by several threads, but for what reads `pending` and each_done().

    // Nothing was recorded yet: a first run, or the journal is lost.
    bool is_new() const { return is_new_; }
    bool is_done(std::string_view key) const;
    bool is_deleted(std::string_view key) const;
    // When it was done; nullopt when it is not, or that is not known.
    std::optional<std::int64_t> done_at(std::string_view key) const;
    bool has_done() const { return done_count_ > 0; }
    // Not before its time comes again, after a failure.
    bool is_due(std::string_view key, std::time_t now) const;
    // How many have failed and are not done since.
    std::size_t failed_count() const;
    // What an earlier process made durable and did not see in place, in its order.
    std::vector<Staged> pending(std::string_view place = {}) const;
    // Of all that is pending, but for the empty one.
    std::set<std::string> pending_places() const;
    std::optional<std::uint32_t> validity() const { return validity_; }
    // Nothing below this UID is left to be fetched; 0: that is not known.
    std::uint32_t complete_below() const { return complete_below_; }
    // What the last run with rules that left nothing to do has found, under this validity.
    const std::optional<Settled>& settled() const { return settled_; }
    // Whether so many are known beyond `count` messages of a complete listing that forget_unlisted() is due.
    bool has_many_beyond(std::size_t count) const;
    // Whether not even `count` messages are known as done.
    bool has_less_than(std::size_t count) const { return done_count_ < count; }
    // What was done and is not deleted, read from the journal. A key that was done twice comes twice; the last
    // one counts.
    Result<void> each_done(const UseDone& use) const;
    // The same of what was done and is deleted.
    Result<void> each_deleted(const UseDone& use) const;

    // Written and durable when it returns. Those without a key are passed over.
    Result<void> record_staged(const std::vector<Staged>& staged);
    // Written; durable after the next sync(). Those without a key are passed over.
    Result<void> record_done(const std::vector<Done>& done);
    Result<void> record_lost(const Keys& keys);
    Result<void> record_deleted(const Keys& keys);
    // They are as if they had never been seen.
    Result<void> forget(const Keys& keys);
    // It is due again after 5 minutes, 10, 20 and so on up to a day.
    Result<void> record_failed(std::string_view key, std::time_t now);
    // What is settled stays known when nothing else is said of it.
    Result<void> record_complete(std::uint32_t below_uid, const std::optional<Settled>& settled = {});
    Result<void> sync();
    // Forgets all that belongs to another validity, and takes `adopted` over with the keys of this one. Durable,
    // all or nothing.
    Result<void> set_validity(std::uint32_t validity, const std::vector<Done>& adopted = {});
    // What was deleted, or failed, and is gone from the server for certain, whose UIDs are in `vanished`.
    Result<void> forget_vanished(const std::vector<imap::UidRange>& vanished);
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
    struct Failure {
        std::uint32_t count = 0;
        std::int64_t last = 0;
    };

    FetchState() = default;
    Standing standing(std::string_view key) const;
    Result<void> each_of(Standing standing, const UseDone& use) const;
    void set_standing(std::string_view key, Standing standing, std::uint32_t time = 0);
    void set_done(const Done& done);
    bool rest(std::string_view last_record);
    Result<void> append(const store::Journal::Produce& produce);
    Result<void> append(const std::string& record) {
        return append([&record](const auto& sink) {
            sink(record);
            return Result<void>{};
        });
    }
    Result<void> record(std::string_view word, const Keys& keys);
    void apply(std::string_view record);
    std::vector<Staged> staged_in_order() const;
    std::size_t live_count() const;
    bool is_many_beyond(std::size_t count) const;
    std::string complete_record() const;
    Result<void> forget_now(const std::vector<KeyTable::Id>& ids, std::vector<std::string> failed);
    Result<void> produce_live(const store::Journal::Use& sink) const;
    // `count`: of all records in the journal.
    Result<void> compact_when_long(std::size_t count);

    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // of all below
    std::unique_ptr<store::Journal> journal_;
    std::string header_;
    bool is_new_ = false;
    bool loaded_ = false;
    bool at_rest_ = false;  // what rest_record() says stands at the end of the journal
    std::string destination_;
    std::optional<std::uint32_t> validity_;
    std::uint32_t complete_below_ = 0;
    std::optional<Settled> settled_;
    std::unordered_map<std::string, Pending> staged_;  // by earlier processes
    std::size_t staged_count_ = 0;
    std::unordered_map<std::string, Failure> failed_;
    KeyTable keys_;  // with their standing and the time they were done
    std::size_t done_count_ = 0;
    std::size_t deleted_count_ = 0;
};

}  // namespace mailpipe::app
