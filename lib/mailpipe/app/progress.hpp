#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "mailpipe/app/options.hpp"

namespace mailpipe::app {

// One line on stderr that is written over and over: "SOURCE: 120 of 4000 messages, 3.4 MB, 1.2 MB/s, 0:32 left".
// Nothing unless stderr is a terminal or --progress always was given. Safe to use from several threads.
class Progress {
 public:
    // `beside_output`: the command writes to stdout as it goes; on a terminal that shows the progress already.
    explicit Progress(const CommonOptions& options, bool beside_output = false);
    ~Progress() { wipe(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    // `messages` 0: their number is not known.
    void begin(std::string where, std::uint64_t messages = 0);
    // One source more of a run, with so many messages; the line speaks of all together.
    void add_source(const std::string& where, std::uint64_t messages);
    void add_octets(std::uint64_t octets);
    void end_message();
    // Wipes the line; to be called before anything else is written.
    void clear();

 private:
    // These with the mutex.
    void start(std::string where, std::uint64_t messages);
    void draw();
    void wipe();

    std::mutex mutex_;
    bool shown_ = false;
    bool drawn_ = false;
    std::string where_;
    std::size_t sources_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t octets_ = 0;
    std::uint64_t octets_drawn_ = 0;
    std::chrono::steady_clock::time_point begun_;
    std::chrono::steady_clock::time_point next_;
};

// "12 of 40 messages, 3.4 MB, 1.2 MB/s, 0:32 left"; `total` 0: not known. The rate and the time that is left come
// after the first second.
std::string progress_text(std::uint64_t messages, std::uint64_t total, std::uint64_t octets,
                          std::chrono::milliseconds elapsed);

// "1.2 MB"
std::string readable_size(std::uint64_t octets);

}  // namespace mailpipe::app
