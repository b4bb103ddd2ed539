#pragma once

#include <mutex>
#include <string>

namespace mailpipe::index {

// Room on the disk that is kept for the day on which it is full: messages can then still be marked and expunged, which is how
// a user makes room, though that has to be written down, too. From any thread.
class Reserve {
 public:
    static constexpr long kOctets = 512L << 10;

    // Nothing is made yet.
    explicit Reserve(std::string path) : path_(std::move(path)) {}

    // Makes it where it is missing and the disk has room: no error when it has not.
    void keep();
    // Frees it. false: there was none.
    bool give_up();

 private:
    const std::string path_;
    std::mutex mutex_;
    bool there_ = false;
};

}  // namespace mailpipe::index
