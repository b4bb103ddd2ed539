#include "mailpipe/app/serve/events.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kWrittenAtOnce = 64 * 1024;
constexpr std::size_t kMembers = 12;   // more than most events have
constexpr int kReaderPatience = 1000;  // ms, once the server is ending

std::string dump(const Json& event) {
    return escape_hidden(event.dump(-1, ' ', false, Json::error_handler_t::replace)) + '\n';
}

std::string now_rfc3339() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::string text = mime::rfc3339(mime::utc_date(std::chrono::system_clock::to_time_t(now)));
    text.back() = '.';
    for (const int digit : {100, 10, 1})
        text += static_cast<char>('0' + milliseconds / digit % 10);
    return text + 'Z';
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(const std::string& where) {
    if (where.empty()) return std::unique_ptr<EventLog>(new EventLog(-1, false));
    if (where == "-") return std::unique_ptr<EventLog>(new EventLog(STDOUT_FILENO, false));
    const int fd = ::open(where.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return fail_errno(errno, where, true);
    return std::unique_ptr<EventLog>(new EventLog(fd, true));
}

EventLog::EventLog(int fd, bool owned) : fd_(fd), owned_(owned) {
    struct stat info {};
    is_file_ = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

EventLog::~EventLog() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
    if (owned_) ::close(fd_);
}

void EventLog::write(const Json& event) {
    for (const auto& observer : observers_)
        observer(event);
    if (fd_ < 0) return;
    std::string line = dump(event);
    bool waits = false;
    {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
        if (lines_.size() >= kEventsQueued) {
            ++dropped_;
            return;
        }
        // Where others wait, the thread is at work.
        waits = lines_.empty() && !gathering_;
        if (dropped_ > 0) {
            Json lost = make_event("error");
            lost["kind"] = kind_name(Errc::limit);
            lost["message"] = fmt::format("{} events were dropped: their reader is too slow", dropped_);
            lines_.push_back(dump(lost));
            dropped_ = 0;
        }
        lines_.push_back(std::move(line));
    }
    if (waits) changed_.notify_one();
}

void EventLog::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !lines_.empty(); });
        if (lines_.empty()) return;
        std::string lines;
        while (!lines_.empty() && lines.size() < kWrittenAtOnce) {
            lines += lines_.front();
            lines_.pop_front();
        }
        lock.unlock();
        const bool written = write_lines(lines);
        lock.lock();
        // Nobody reads any more; the mail goes on.
        if (!written && ending_) return;
        gathering_ = lines_.empty();
        if (gathering_) changed_.wait_for(lock, kEventsGathered, [this] { return ending_; });
        gathering_ = false;
    }
}

bool EventLog::is_ready() {
    pollfd ready{fd_, POLLOUT, 0};
    while (!is_file_ && ::poll(&ready, 1, kReaderPatience) == 0) {
        const std::lock_guard lock(mutex_);
        if (ending_) return false;
    }
    return true;
}

bool EventLog::write_lines(std::string_view lines) {
    while (!lines.empty()) {
        if (!is_ready()) return false;
        // A pipe that is ready takes PIPE_BUF octets without blocking; a file has no reader.
        const std::size_t most = is_file_ ? lines.size() : std::min<std::size_t>(lines.size(), PIPE_BUF);
        const ssize_t count = ::write(fd_, lines.data(), most);
        if (count >= 0) {
            lines.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

Json make_event(std::string_view name) {
    Json event = Json::object();
    // Its members move, key by key, each time it grows.
    event.get_ref<Json::object_t&>().reserve(kMembers);
    event["event"] = name;
    if (name != "listening" && name != "ready") event["time"] = now_rfc3339();
    return event;
}

Json json_of(const smtp::Reply& reply) {
    Json json;
    json["code"] = reply.code;
    if (!reply.enhanced.empty()) json["enhanced"] = reply.enhanced;
    json["text"] = smtp::to_server_reply(reply).text;
    return json;
}

std::string_view kind_name(Errc kind) {
    switch (kind) {
        case Errc::usage:
            return "usage";
        case Errc::config:
            return "config";
        case Errc::data:
            return "data";
        case Errc::not_found:
            return "notFound";
        case Errc::no_user:
            return "noUser";
        case Errc::no_host:
            return "noHost";
        case Errc::unavailable:
            return "unavailable";
        case Errc::temporary:
            return "temporary";
        case Errc::permanent:
            return "permanent";
        case Errc::auth:
            return "auth";
        case Errc::protocol:
            return "protocol";
        case Errc::unsupported:
            return "unsupported";
        case Errc::limit:
            return "limit";
        case Errc::io:
            return "io";
        case Errc::cannot_create:
            return "cannotCreate";
        case Errc::tls:
            return "tls";
    }
    return "unknown";
}

}  // namespace mailpipe::app::serve
