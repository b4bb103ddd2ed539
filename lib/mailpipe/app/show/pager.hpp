#pragma once

#include <sys/types.h>

#include <string>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// The shell command of MAILPIPE_PAGER, else of PAGER, else "less" when PATH has it; "" for no pager: an empty variable,
// or cat. Nothing of a message is ever in it.
std::string pager_command();

// A program that reads what is written to fd() and shows it on stdout. Its environment is this one, with LESS=FRX
// (end when all of it fits, keep colours, leave the screen alone) and LV=-c where these are not set.
class Pager {
 public:
    // Errors: io.
    static Result<Pager> start(const std::string& command);
    Pager(Pager&& other) noexcept;
    Pager& operator=(Pager&&) = delete;
    ~Pager();  // finish()

    int fd() const { return fd_; }
    // Ends its input and waits for its user. Errors: config when there is no such program.
    Result<void> finish();

 private:
    Pager(int fd, pid_t process, std::string command)
        : fd_(fd), process_(process), command_(std::move(command)) {}

    int fd_;
    pid_t process_;
    std::string command_;
};

}  // namespace mailpipe::app
