#include "mailpipe/app/queue/open_spool.hpp"

#include "mailpipe/app/state_home.hpp"

namespace mailpipe::app {

Result<std::string> queue_directory(const QueueOptions& options) {
    if (!options.directory.empty()) return options.directory;
    auto home = state_home("the queue", "--queue-dir DIR");
    if (!home) return home;
    return *home + "/queue";
}

queue::Schedule schedule_of(const QueueOptions& options) {
    return {options.first_retry, options.longest_wait, options.warn_after, options.lifetime};
}

Result<std::unique_ptr<queue::Spool>> open_spool(const QueueOptions& options) {
    auto directory = queue_directory(options);
    if (!directory) return tl::unexpected(directory.error());
    return queue::Spool::open(*directory);
}

Result<std::unique_ptr<queue::Spool>> find_spool(const QueueOptions& options) {
    auto directory = queue_directory(options);
    if (!directory) return tl::unexpected(directory.error());
    auto spool = queue::Spool::open_existing(*directory);
    if (!spool && spool.error().kind == Errc::not_found && options.directory.empty())
        return std::unique_ptr<queue::Spool>();
    return spool;
}

}  // namespace mailpipe::app
