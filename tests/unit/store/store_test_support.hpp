#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/store/open.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::store::test {

using tests::memory_directory;

// A directory of its own for each test.
class StoreTest : public ::testing::Test {
 protected:
    explicit StoreTest(const std::string& parent = ::testing::TempDir()) : scratch_(parent) {}
    ~StoreTest() override {
        std::error_code ignored;
        std::filesystem::permissions(root_, std::filesystem::perms::owner_all, ignored);
    }
    std::string path(const std::string& name) const { return (root_ / name).string(); }

    const tests::ScratchDirectory scratch_;
    const std::filesystem::path root_ = scratch_.path();
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
}

inline std::vector<std::string> files_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

inline std::unique_ptr<MailboxWriter> writer(Format format, const std::string& path) {
    auto opened = open_writer(format, path);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

inline std::unique_ptr<MailboxReader> reader(Format format, const std::string& path) {
    auto opened = open_reader(format, path);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

inline Staged stage(MailboxWriter& to, std::string_view crlf_text, const Keywords& keywords = {},
                    std::optional<std::time_t> received_at = 1'700'000'000, std::size_t piece = 7) {
    if (auto begun = to.begin(); !begun) throw std::runtime_error(begun.error().message);
    for (std::size_t at = 0; at < crlf_text.size(); at += piece) {
        auto appended = to.append(crlf_text.substr(at, piece));
        if (!appended) throw std::runtime_error(appended.error().message);
    }
    auto staged = to.finish(keywords, received_at);
    if (!staged) throw std::runtime_error(staged.error().message);
    return *staged;
}

inline std::string read_message(MailboxReader& from, const std::string& id) {
    auto message = from.open(id);
    if (!message) throw std::runtime_error(message.error().message);
    std::string text;
    while (true) {
        auto piece = (*message)->read();
        if (!piece) throw std::runtime_error(piece.error().message);
        if (piece->empty()) return text;
        if (piece->size() > 64 * 1024) throw std::runtime_error("a piece of more than 64 KiB");
        text += *piece;
    }
}

inline std::vector<std::string> read_all(Format format, const std::string& path) {
    auto from = reader(format, path);
    auto entries = from->list();
    if (!entries) throw std::runtime_error(entries.error().message);
    std::vector<std::string> messages;
    for (const auto& entry : *entries) {
        messages.push_back(read_message(*from, entry.id));
        if (entry.size && *entry.size != messages.back().size()) throw std::runtime_error("wrong size");
    }
    return messages;
}

// Runs `work` in a child that ends with _exit(0): nothing is destructed, as after SIGKILL.
inline void in_killed_process(const std::function<void()>& work) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        try {
            work();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
}

// What survives and how it comes back (mailbox.hpp): texts with CRLF, and odd ones.
struct OddText {
    const char* name;
    std::string text;
    std::string comes_back;
};

inline std::vector<OddText> odd_texts() {
    using namespace std::string_literals;
    std::vector<OddText> texts;
    for (const auto& [name, text] : std::vector<std::pair<const char*, std::string>>{
             {"plain", "Subject: a\r\n\r\nbody\r\n"},
             {"empty", ""},
             {"one line end", "\r\n"},
             {"two line ends", "\r\n\r\n"},
             {"no final line end", "Subject: a\r\n\r\nbody"},
             {"header only, no final line end", "Subject: a"},
             {"bare CR", "Subject: a\r\n\r\nb\rody\rmore\r\n"},
             {"CR at the end", "Subject: a\r\n\r\nbody\r"},
             {"CR after the last line end", "Subject: a\r\n\r\nbody\r\n\r"},
             {"NUL", "Subject: a\0b\r\n\r\n\0\0\r\n"s},
             {"eight bit", "Subject: \xff\xfe\r\n\r\n\x80\x81\r\n"},
             {"empty lines at the end", "Subject: a\r\n\r\nbody\r\n\r\n\r\n"},
             {"From line", "Subject: a\r\n\r\nFrom here\r\n>From there\r\n>>>From afar\r\n >From x\r\nFro\r\n"},
             {"From at the very start", "From x\r\n\r\nbody\r\n"},
             {"From without a line end", "Subject: a\r\n\r\nFrom "},
             {"quotes without a line end", "Subject: a\r\n\r\n>>>"},
             {"quoted From cut off", "Subject: a\r\n\r\n>>>Fro"},
             {"From after a bare CR", "Subject: a\r\n\r\nx\rFrom y\r\n"},
             {"line of 1 MB", "Subject: a\r\n\r\n" + std::string(1 << 20, 'x') + "\r\n"},
             {"CRs of 100 KB", "Subject: a\r\n\r\n" + std::string(100'000, '\r') + "x\r\n"},
             {"300,000 short lines", [] {
                  std::string text = "Subject: a\r\n\r\n";
                  for (int i = 0; i < 300'000; ++i)
                      text += "\r\n";
                  return text;
              }()}}) {
        texts.push_back({name, text, text});
    }
    texts.push_back({"bare LF", "Subject: a\r\n\r\nx\ny\r\n", "Subject: a\r\n\r\nx\r\ny\r\n"});
    texts.push_back(
        {"bare LF then From", "Subject: a\r\n\r\nx\nFrom y\r\n", "Subject: a\r\n\r\nx\r\nFrom y\r\n"});
    texts.push_back({"CR CR LF", "Subject: a\r\n\r\nx\r\r\n", "Subject: a\r\n\r\nx\r\n"});
    return texts;
}

}  // namespace mailpipe::store::test
