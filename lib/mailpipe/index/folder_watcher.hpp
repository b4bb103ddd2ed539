#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mailpipe/base/error.hpp"

namespace mailpipe::index {

// Notices changes in Maildirs by inotify, on one thread for all. What comes in bursts is told once.
class FolderWatcher {
 public:
    virtual ~FolderWatcher() = default;  // not from within a call
    // null where inotify is not to be had: then a mailbox is looked at when a session asks for it.
    static std::shared_ptr<FolderWatcher> create();

    // Calls `changed` from the watcher's thread after new/ or cur/ has changed; it may take its time. Until the token is
    // destroyed; a call may still be running then. null: the kernel watches no more directories.
    virtual std::shared_ptr<void> watch(const std::string& maildir, std::function<void()> changed) = 0;
    // Has `work` run on the watcher's thread soon.
    virtual void post(std::function<void()> work) = 0;
};

}  // namespace mailpipe::index
