#pragma once

#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

// A pipe whose writing end a thread feeds, in pieces of `step` octets.
class FedPipe {
 public:
    FedPipe(std::string text, std::size_t step) {
        if (::pipe(ends_.data()) != 0) ends_ = {-1, -1};
        writer_ = std::thread([this, octets = std::move(text), step] {
            // A reader that has seen enough is no reason to die.
            sigset_t pipe_signal;
            sigemptyset(&pipe_signal);
            sigaddset(&pipe_signal, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
            for (std::size_t at = 0; at < octets.size(); at += step) {
                const std::string piece = octets.substr(at, step);
                if (::write(ends_[1], piece.data(), piece.size()) < 0) break;
            }
            ::close(ends_[1]);
        });
    }
    ~FedPipe() {
        ::close(ends_[0]);
        writer_.join();
    }
    FedPipe(const FedPipe&) = delete;
    FedPipe& operator=(const FedPipe&) = delete;
    int fd() const { return ends_[0]; }

 private:
    std::array<int, 2> ends_{};
    std::thread writer_;
};

// A temporary file without a name.
class ScratchFile {
 public:
    ScratchFile() {
        std::string path = "/tmp/mailpipe-scratch-XXXXXX";
        fd_ = ::mkstemp(path.data());
        ::unlink(path.c_str());
    }
    explicit ScratchFile(const std::string& text) : ScratchFile() {
        if (::pwrite(fd_, text.data(), text.size(), 0) < 0) ::close(fd_);
    }
    ~ScratchFile() { ::close(fd_); }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    int fd() const { return fd_; }
    std::string text() const {
        std::string text(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
        const ssize_t count = ::pread(fd_, text.data(), text.size(), 0);
        text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return text;
    }

 private:
    int fd_ = -1;
};
