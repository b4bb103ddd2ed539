#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mailpipe/app/options.hpp"

namespace mailpipe::app {

// One line on stderr that is written over and over: "SOURCE: 120 of 4000 messages, 3.4 MB". Nothing unless
// stderr is a terminal or --progress always was given.
class FetchProgress {
 public:
    explicit FetchProgress(const CommonOptions& options);
    void begin(std::string source, std::uint64_t messages);
    void add_octets(std::uint64_t octets);
    void end_message();
    // Wipes the line; to be called before anything else is written.
    void clear();

 private:
    void draw();

    bool shown_ = false;
    bool drawn_ = false;
    std::string source_;
    std::uint64_t total_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t octets_ = 0;
    std::uint64_t octets_drawn_ = 0;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace mailpipe::app
