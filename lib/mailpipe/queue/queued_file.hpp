#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/queue/message.hpp"
#include "mailpipe/store/file.hpp"

// One message of the queue on disk, in one file from its arrival to its end:
//
//   line     the Submission
//   text     CRLF, as many octets as Envelope::size says, as it is to be sent
//   line     "CRC32 of the text": who finds it knows that all of the text is there
//   lines    an Event each
//
// Each line is a journal line (store/journal_line.hpp); one that a crash tore at the end is cut off.
namespace mailpipe::queue {

// Gives the whole text to `take`, in pieces, until that fails; then with its error.
using TakeText = std::function<Result<void>(std::string_view piece)>;
using GiveText = std::function<Result<void>(const TakeText& take)>;

// A message that is locked by this process (an OFD lock on its file): nobody else delivers or changes it. Its destruction
// unlocks it. Used by one thread at a time.
class QueuedFile {
 public:
    struct Place {
        int bucket = -1;   // of the spool, which must outlive this
        std::string path;  // of the spool, for errors
    };

    // Writes all of a message into an empty file, which has no place yet. Errors: io; those of `give`; data when the text
    // is not as long as the envelope says.
    static Result<QueuedFile> write(store::Fd file, std::string path, Submission submission, std::uint32_t due,
                                    const GiveText& give);
    void set_place(int bucket, Id id);  // where it is now, by the name of its entry()

    // Reads it all but the text. Errors: io; not_found when the file was not written whole; data when it is none of ours.
    static Result<QueuedFile> load(store::Fd file, Place place, const Entry& entry);

    const Entry& entry() const { return entry_; }
    const Message& message() const { return message_; }
    int fd() const { return file_.get(); }
    // Of one that Spool::look_at() opened: somebody delivers or changes it.
    bool is_locked_elsewhere() const;

    // At most 64 KiB of the text from `offset` on; empty at its end. Valid until the next call. Error io.
    Result<std::string_view> read_text(std::uint64_t offset);

    // Written, not yet durable. After an error the event is not there, and message() is as before. Error io.
    Result<void> append(const Event& event);
    // Of what need not be recorded.
    void apply(const Event& event) { message_.apply(event); }
    Result<void> sync();
    // Gives the file the name that says what is due, or `due` when that is later. Error io.
    Result<void> rename(std::uint32_t due = 0);
    // Durable once the bucket is synced. Error io.
    Result<void> remove();
    bool removed() const { return removed_; }

 private:
    QueuedFile(store::Fd file, Place place, const Entry& entry, Message message)
        : file_(std::move(file)), place_(std::move(place)), entry_(entry), message_(std::move(message)) {}
    Result<void> write_whole(std::uint32_t due, const GiveText& give);
    Result<void> check_text(std::string_view expected);
    Result<void> load_events();

    store::Fd file_;
    Place place_;
    Entry entry_;
    Message message_;
    std::uint64_t text_begin_ = 0;
    std::uint64_t end_ = 0;  // of the last event
    bool removed_ = false;
    std::string piece_;
};

}  // namespace mailpipe::queue
