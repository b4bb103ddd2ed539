#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/queue/queued_file.hpp"

namespace mailpipe::queue {

// The directory of a queue: messages/BUCKET/NAME (entry.hpp), tmp/ and damaged/. Any number of processes add to it, deliver from it
// and change it at the same time: whoever does something to a message has it locked. A message that was added counts once
// commit() has succeeded: it is there then whatever happens to process and machine.
class Spool {
 public:
    // Makes it where it is missing. Errors: cannot_create, io; data for a directory with other things in it.
    static Result<std::unique_ptr<Spool>> open(const std::string& path);
    // Error not_found where there is none.
    static Result<std::unique_ptr<Spool>> open_existing(const std::string& path);

    // Adds a message and keeps it locked. Errors: those of QueuedFile::write(); io, cannot_create.
    Result<QueuedFile> add(const Submission& submission, std::uint32_t due, const GiveText& give);
    // Makes what was added durable, all with one sync where there are several. After an error none of them counts,
    // and none is there any more.
    Result<void> commit(std::vector<QueuedFile>& added);
    // Makes changes of these and of the names in their buckets durable. Error io.
    Result<void> sync(const std::vector<const QueuedFile*>& changed);

    // The buckets in order of time.
    Result<std::vector<std::string>> buckets() const;
    // Gives each message of a bucket to `use`, in no order. Names of no messages are passed over. Error io.
    Result<void> scan(const std::string& bucket, const std::function<void(const Entry&)>& use) const;
    // All of them.
    Result<void> scan(const std::function<void(const Entry&)>& use) const;
    Result<std::optional<Entry>> find(Id id) const;

    // nullopt: it is gone, or has another name by now. Errors: temporary when another process has it; io; data for a file
    // that is not one of ours, and for one that was not written whole, which is moved to damaged/: it was never accepted, or
    // the disk has lost some of it.
    Result<std::optional<QueuedFile>> lock(const Entry& entry);
    // As it is now, to be looked at only.
    Result<std::optional<QueuedFile>> look_at(const Entry& entry);

    // Removes what processes that ended left in tmp/, and empty buckets. Error io.
    Result<void> clean();

    const std::string& path() const { return path_; }
    int messages_directory() const { return messages_.get(); }

 private:
    Spool(std::string path, store::Fd root, store::Fd messages, store::Fd tmp);
    static Result<std::unique_ptr<Spool>> open_directories(const std::string& path, store::Fd root);
    Result<int> bucket(const std::string& name, bool create);
    Result<std::optional<QueuedFile>> open_message(const Entry& entry, bool exclusive);
    Result<void> place(QueuedFile& file, const std::string& name);
    Fail set_aside(int bucket, const std::string& name);
    Result<void> clean_tmp();

    std::string path_;
    store::Fd root_;
    store::Fd messages_;
    store::Fd tmp_;
    bool syncfs_works_;
    bool names_follow_;  // store::fsync_keeps_names()
    std::mutex mutex_;   // of the following
    std::map<std::string, store::Fd> buckets_;
    std::uint64_t number_ = 0;  // of the file in tmp/
};

}  // namespace mailpipe::queue
