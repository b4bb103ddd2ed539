#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"

// A log that makes messages of Maildirs durable: a group costs one write and one fdatasync of a file that does not
// grow, a fraction of what a journalling file system takes to make new files and names durable. Those become so later,
// thousands at a time, with one syncfs: a checkpoint. What a killed process, or a power failure, left of them is put in
// place from the log when it is opened again.
//
// It is two files in ROOT/.delivery-log, of which one takes records while what the other has is made durable. Another
// program that takes a message out of a Maildir before the checkpoint, at most kLogAge after it came, gets it once more
// if the server is killed within that time; remove() is for programs that can say so.
namespace mailpipe::store {

inline constexpr std::size_t kLogFile = 8U << 20;          // octets of each of the two
inline constexpr std::size_t kLoggedMessage = 256U << 10;  // larger ones are better made durable as files
inline constexpr std::chrono::milliseconds kLogAge{1000};

class DeliveryLog {
 public:
    using Report = std::function<void(const Error&)>;

    // Locks the log in `root`, makes it where there is none, and puts in place what it holds. `report` is told, on a
    // thread of the log, when a checkpoint fails. Errors: unavailable while another process has it; unsupported on a
    // file system where syncfs() does not say whether it worked; io.
    static Result<std::unique_ptr<DeliveryLog>> open(const std::string& root, Report report);
    static bool is_there(const std::string& root);
    ~DeliveryLog();  // after a checkpoint
    DeliveryLog(const DeliveryLog&) = delete;
    DeliveryLog& operator=(const DeliveryLog&) = delete;

    // Whether a Maildir that is there can be logged: it lies below the root, on its file system.
    bool covers(const std::string& mailbox) const;

    // One thread adds, commits, puts the files in place under the ids that it gave, and says so; only then a checkpoint
    // can begin. add() is false for what is too large for this group. After an error nothing of the group is durable
    // by the log, nor anything later.
    bool add(const std::string& mailbox, std::string id, std::string text);
    Result<void> commit();
    void in_place();

    // Before messages are removed, by any thread: they are not put in place again.
    Result<void> remove(const std::string& mailbox, const std::vector<std::string>& ids);

 private:
    using Clock = std::chrono::steady_clock;
    struct File {
        Fd fd;
        std::uint64_t generation = 0;
        std::size_t used = 0;
        Clock::time_point since;  // the first record
    };
    struct Waiting {
        std::string mailbox, id, text;
    };

    DeliveryLog(std::string root, Fd directory, Report report);
    std::string below_root(const std::string& mailbox) const;  // empty when it is not
    Result<void> open_file(std::size_t number);
    Result<void> make_file(const std::string& name);
    Result<void> replay();
    Result<void> write_header(const File& file, std::uint64_t generation) const;
    static void begin_anew(File& file);  // once the header says so
    Result<void> write(std::unique_lock<std::mutex>& lock, const std::vector<Waiting>& records, bool removals);
    void run();
    void make_checkpoint(std::unique_lock<std::mutex>& lock);

    std::string root_;
    Fd directory_;
    dev_t device_ = 0;
    Report report_;
    std::vector<Waiting> waiting_;  // of the next commit
    std::size_t waiting_size_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<File, 2> files_;
    std::size_t active_ = 0;
    bool usable_ = true;
    bool full_ = false;          // a checkpoint is waited for
    bool being_placed_ = false;  // between commit() and in_place()
    bool awaits_place_ = false;  // a checkpoint is due, but for that
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace mailpipe::store
