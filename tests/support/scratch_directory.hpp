#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace mailpipe::tests {

// In memory, where thousands of fsyncs cost nothing.
inline std::string memory_directory() {
    return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : ::testing::TempDir();
}

// A directory that no other test has: several run at the same time. It goes with the object.
class ScratchDirectory {
 public:
    explicit ScratchDirectory(const std::string& parent = ::testing::TempDir())
        : path_(std::filesystem::path(parent) / "mailpipe-test-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
    std::string path_;
};

}  // namespace mailpipe::tests
