#include "mailpipe/store/delivery_log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "mailpipe/store/delivery_log_record.hpp"
#include "mailpipe/store/delivery_log_replay.hpp"

namespace mailpipe::store {
namespace {

constexpr const char* kDirectory = ".delivery-log";

std::string name_of(std::size_t number) {
    return "log-" + std::to_string(number);
}

Result<void> write_at(int fd, std::string_view octets, std::size_t at, const std::string& what) {
    while (!octets.empty()) {
        const ssize_t written = ::pwrite(fd, octets.data(), octets.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno(errno, what);
        octets.remove_prefix(static_cast<std::size_t>(written));
        at += static_cast<std::size_t>(written);
    }
    return {};
}

Result<void> sync_data(int fd, const std::string& what) {
    while (::fdatasync(fd) != 0) {
        if (errno != EINTR) return fail_errno(errno, what);
    }
    return {};
}

}  // namespace

DeliveryLog::DeliveryLog(std::string root, Fd directory, Report report)
    : root_(std::move(root)), directory_(std::move(directory)), report_(std::move(report)) {}

bool DeliveryLog::is_there(const std::string& root) {
    return ::access((root + "/" + kDirectory).c_str(), F_OK) == 0;
}

Result<std::unique_ptr<DeliveryLog>> DeliveryLog::open(const std::string& root, Report report) {
    const std::string path = root + "/" + kDirectory;
    auto directory = open_or_create_directory(path);
    if (!directory) return tl::unexpected(directory.error());
    if (!honours_syncfs(directory->get()))
        return fail(Errc::unsupported, path + ": no log on this file system");
    if (::flock(directory->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(Errc::unavailable, path + ": another process has the log");
        return fail_errno(errno, path);
    }
    std::unique_ptr<DeliveryLog> log(new DeliveryLog(root, std::move(*directory), std::move(report)));
    auto info = stat_fd(log->directory_.get(), path);
    if (!info) return tl::unexpected(info.error());
    log->device_ = info->st_dev;
    for (std::size_t number = 0; number < log->files_.size(); ++number) {
        if (auto opened = log->open_file(number); !opened) return tl::unexpected(opened.error());
    }
    if (auto replayed = log->replay(); !replayed) return tl::unexpected(replayed.error());
    DeliveryLog& started = *log;
    log->thread_ = std::thread([&started] { started.run(); });
    return log;
}

Result<void> DeliveryLog::open_file(std::size_t number) {
    const std::string name = name_of(number);
    File& file = files_[number];
    if (::faccessat(directory_.get(), name.c_str(), F_OK, 0) != 0) {
        if (auto made = make_file(name); !made) return made;
    }
    file.fd = Fd(open_at(directory_.get(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file.fd) return fail_errno(errno, name);
    return {};
}

// The octets are written, not only reserved: a write to what was reserved changes the file's bookkeeping, and its
// fdatasync then costs what the log is there to save.
Result<void> DeliveryLog::make_file(const std::string& name) {
    const std::string made = name + ".new";
    ::unlinkat(directory_.get(), made.c_str(), 0);
    std::string octets = encode_log_header(1);
    octets.resize(kLogFile, '\0');
    if (auto created = create_file_at(directory_.get(), made, octets, root_); !created) {
        // A disk without room for it needs what is left.
        ::unlinkat(directory_.get(), made.c_str(), 0);
        return created;
    }
    if (::renameat(directory_.get(), made.c_str(), directory_.get(), name.c_str()) != 0)
        return fail_errno(errno, root_);
    return sync_file(directory_.get(), root_);
}

Result<void> DeliveryLog::replay() {
    std::array<std::string, 2> contents;
    Replay replay(root_);
    for (std::size_t number = 0; number < files_.size(); ++number) {
        auto head = read_range(files_[number].fd.get(), 0, kLogBegin + kLogRecordHead, root_);
        if (!head) return tl::unexpected(head.error());
        // A header that is not whole is one that was being written: then all that was there is durable.
        const auto generation = parse_log_header(*head);
        files_[number].generation = generation.value_or(0);
        if (!generation) continue;
        auto content = read_range(files_[number].fd.get(), kLogBegin, kLogFile - kLogBegin, root_);
        if (!content) return tl::unexpected(content.error());
        contents[number] = std::move(*content);
        for (std::string_view rest = contents[number];;) {
            const auto record = parse_log_record(rest, *generation);
            if (!record) break;
            replay.add(*record);
            rest.remove_prefix(record->size());
        }
    }
    if (!replay.empty()) {
        if (auto done = replay.run(); !done) return done;
        if (::syncfs(directory_.get()) != 0) return fail_errno(errno, root_);
    }
    for (File& file : files_) {
        if (auto begun = write_header(file, file.generation + 1); !begun) return begun;
        begin_anew(file);
    }
    return {};
}

Result<void> DeliveryLog::write_header(const File& file, std::uint64_t generation) const {
    auto written = write_at(file.fd.get(), encode_log_header(generation), 0, root_);
    if (written) written = sync_data(file.fd.get(), root_);
    return written;
}

void DeliveryLog::begin_anew(File& file) {
    ++file.generation;
    file.used = kLogBegin;
}

DeliveryLog::~DeliveryLog() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        being_placed_ = false;
    }
    changed_.notify_all();
    thread_.join();
}

std::string DeliveryLog::below_root(const std::string& mailbox) const {
    if (!mailbox.starts_with(root_) || mailbox.size() <= root_.size() + 1 || mailbox[root_.size()] != '/')
        return "";
    return mailbox.substr(root_.size() + 1);
}

bool DeliveryLog::covers(const std::string& mailbox) const {
    struct stat info {};
    return !below_root(mailbox).empty() && ::stat((mailbox + "/new").c_str(), &info) == 0 &&
           info.st_dev == device_;
}

bool DeliveryLog::add(const std::string& mailbox, std::string id, std::string text) {
    const std::string below = below_root(mailbox);
    const std::size_t size = LogRecord{LogRecord::Kind::message, below, id, text}.size();
    if (text.size() > kLoggedMessage || waiting_size_ + size > kLogFile - kLogBegin) return false;
    waiting_size_ += size;
    waiting_.push_back({below, std::move(id), std::move(text)});
    return true;
}

Result<void> DeliveryLog::commit() {
    waiting_size_ = 0;
    const auto records = std::exchange(waiting_, {});
    if (records.empty()) return {};
    std::unique_lock lock(mutex_);
    auto written = write(lock, records, false);
    being_placed_ = written.has_value();
    return written;
}

void DeliveryLog::in_place() {
    bool awaited = false;
    {
        const std::lock_guard lock(mutex_);
        being_placed_ = false;
        awaited = awaits_place_;
    }
    if (awaited) changed_.notify_all();
}

Result<void> DeliveryLog::remove(const std::string& mailbox, const std::vector<std::string>& ids) {
    const std::string below = below_root(mailbox);
    std::unique_lock lock(mutex_);
    if (below.empty() || (files_[0].used == kLogBegin && files_[1].used == kLogBegin)) return {};
    std::vector<Waiting> records;
    for (const std::string& id : ids)
        records.push_back({below, id, ""});
    return write(lock, records, true);
}

Result<void> DeliveryLog::write(std::unique_lock<std::mutex>& lock, const std::vector<Waiting>& records,
                                bool removals) {
    const auto kind = removals ? LogRecord::Kind::removal : LogRecord::Kind::message;
    std::size_t size = 0;
    for (const Waiting& record : records)
        size += LogRecord{kind, record.mailbox, record.id, record.text}.size();
    if (size > kLogFile - kLogBegin) return fail(Errc::limit, root_ + ": too much for the log");
    while (usable_ && files_[active_].used + size > kLogFile) {
        full_ = true;
        changed_.notify_all();
        changed_.wait(lock);
    }
    if (!usable_) return fail(Errc::io, root_ + ": the log is not usable");
    File& file = files_[active_];
    std::string octets;
    octets.reserve(size);
    for (const Waiting& record : records)
        append_log_record({kind, record.mailbox, record.id, record.text}, file.generation, octets);
    auto written = write_at(file.fd.get(), octets, file.used, root_);
    if (written) written = sync_data(file.fd.get(), root_);
    if (!written) {
        usable_ = false;
        return written;
    }
    if (file.used == kLogBegin) {
        file.since = Clock::now();
        changed_.notify_all();
    }
    file.used += size;
    return {};
}

void DeliveryLog::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        const File& file = files_[active_];
        const bool used = file.used != kLogBegin;
        const bool due = used && (full_ || ending_ || Clock::now() >= file.since + kLogAge);
        if (due && !being_placed_) {
            make_checkpoint(lock);
        } else if (ending_ && !used) {
            return;
        } else if (used && !due) {
            changed_.wait_until(lock, file.since + kLogAge);
        } else {
            awaits_place_ = due;
            changed_.wait(lock);
            awaits_place_ = false;
        }
    }
}

void DeliveryLog::make_checkpoint(std::unique_lock<std::mutex>& lock) {
    File& file = files_[active_];
    active_ = 1 - active_;
    full_ = false;
    lock.unlock();
    changed_.notify_all();
    Result<void> done;
    if (::syncfs(directory_.get()) != 0) done = fail_errno(errno, root_);
    if (done) done = write_header(file, file.generation + 1);
    lock.lock();
    if (done) {
        begin_anew(file);
    } else {
        // What the file holds stays there, to be put in place when the log is opened again.
        usable_ = false;
        ending_ = true;
        for (File& each : files_)
            each.used = kLogBegin;
        report_(done.error());
    }
    changed_.notify_all();
}

}  // namespace mailpipe::store
