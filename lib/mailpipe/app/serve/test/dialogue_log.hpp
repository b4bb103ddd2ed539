#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {

// --record: each dialogue when it has ended, as one piece, in the form that mail-faults(5) describes.
class DialogueFile {
 public:
    // Errors: cannot_create.
    static Result<std::unique_ptr<DialogueFile>> create(const std::string& path);
    void write(std::string_view dialogue);  // from any thread

 private:
    explicit DialogueFile(store::Fd file) : file_(std::move(file)) {}
    std::mutex mutex_;
    store::Fd file_;
};

// One dialogue as text, taken in any pieces.
class DialogueLog {
 public:
    void client_octets(std::string_view octets) { add('C', octets); }
    void server_octets(std::string_view octets) { add('S', octets); }
    void tls_started();
    void note(std::string_view text);
    std::string take();

 private:
    void put(char side, std::string_view line);
    void add(char side, std::string_view octets);
    void end_line();

    std::string text_;
    std::string line_;  // that is not complete
    char side_ = 'S';   // whose it is
};

}  // namespace mailpipe::app::serve
