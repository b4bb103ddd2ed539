#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/send/sent_copies.hpp"
#include "mailpipe/app/state_home.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/net/socket.hpp"
#include "mailpipe/store/directory.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kSuffix = ".eml";
constexpr std::size_t kLongestLocation = 8192;

Result<std::string> kept_directory() {
    auto home = state_home("a copy that could not be made", "--fcc");
    if (!home) return home;
    std::string directory = *home + "/fcc";
    std::error_code error;
    const auto before = ::umask(077);
    std::filesystem::create_directories(directory, error);
    ::umask(before);
    if (error) return fail_errno(error.value(), directory, true);
    return directory;
}

Result<net::Descriptor> open_directory(const std::string& path) {
    net::Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) return fail_errno(errno, path);
    return directory;
}

Result<void> write_copy(int file, const std::string& path, const Location& location,
                        const SentCopies::Read& read) {
    if (auto written = write_all(file, encode(location) + "\n", path); !written) return written;
    while (true) {
        const auto piece = read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        if (auto written = write_all(file, *piece, path); !written) return written;
    }
    if (::fsync(file) != 0) return fail_errno(errno, path);
    return {};
}

class Retry {
 public:
    explicit Retry(const SendOptions& options)
        : options_(options),
          diagnostics_("mail-send", options.common),
          accounts_(options.client, diagnostics_) {}

    int run() {
        if (auto done = retry_all(); !done) diagnostics_.error("", done.error());
        if (made_ > 0)
            diagnostics_.note("",
                              std::to_string(made_) + (made_ == 1 ? " copy was made" : " copies were made"));
        return diagnostics_.exit_status();
    }

 private:
    Result<void> retry_all() {
        auto path = kept_directory();
        if (!path) return tl::unexpected(path.error());
        auto directory = open_directory(*path);
        if (!directory) return tl::unexpected(directory.error());
        // Two runs would make each copy twice.
        if (::flock(directory->get(), LOCK_EX) != 0) return fail_errno(errno, *path);
        std::vector<std::string> names;
        auto listed = store::for_each_name(directory->get(), *path, [&names](const char* name) {
            if (std::string_view(name).ends_with(kSuffix)) names.emplace_back(name);
        });
        if (!listed) return listed;
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            if (stop_requested()) return fail(Errc::temporary, "interrupted");
            const std::string file = *path + "/" + name;
            if (auto made = retry(file); !made) {
                diagnostics_.error(file, made.error());
                continue;
            }
            if (::unlinkat(directory->get(), name.c_str(), 0) != 0) return fail_errno(errno, file);
            if (::fsync(directory->get()) != 0) return fail_errno(errno, *path);
            made_ += 1;
        }
        return {};
    }

    Result<void> retry(const std::string& path) {
        const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (file.get() < 0) return fail_errno(errno, path);
        std::array<char, kLongestLocation> buffer{};
        const ssize_t count = ::pread(file.get(), buffer.data(), buffer.size(), 0);
        const std::string_view head(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
        const std::size_t end = head.find('\n');
        if (end == std::string_view::npos) return fail(Errc::data, "no copy that was kept for --retry-fcc");
        auto location = parse_location(head.substr(0, end));
        if (!location) return tl::unexpected(location.error());
        Trace* const trace = options_.common.trace ? &trace_ : nullptr;
        auto copies = open_sent_copies(*location, accounts_, trace, diagnostics_);
        if (!copies) return tl::unexpected(copies.error());
        std::array<char, 65536> piece{};
        auto offset = static_cast<off_t>(end + 1);
        return (*copies)->add([&]() -> Result<std::string_view> {
            const ssize_t length = ::pread(file.get(), piece.data(), piece.size(), offset);
            if (length < 0) return fail_errno(errno, path);
            offset += length;
            return std::string_view(piece.data(), static_cast<std::size_t>(length));
        });
    }

    const SendOptions& options_;
    Diagnostics diagnostics_;
    config::Accounts accounts_;
    StderrTrace trace_;
    std::size_t made_ = 0;
};

}  // namespace

Result<void> keep_copy(const Location& location, const SentCopies::Read& read) {
    auto path = kept_directory();
    if (!path) return tl::unexpected(path.error());
    auto directory = open_directory(*path);
    if (!directory) return tl::unexpected(directory.error());
    auto token = random_token();
    if (!token) return tl::unexpected(token.error());
    const std::string name = std::to_string(std::time(nullptr)) + "-" + *token;
    const std::string file_path = *path + "/" + name;
    const net::Descriptor file(
        ::openat(directory->get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return fail_errno(errno, file_path, true);
    auto written = write_copy(file.get(), file_path, location, read);
    const std::string whole = name + std::string(kSuffix);
    if (written && ::renameat(directory->get(), name.c_str(), directory->get(), whole.c_str()) != 0)
        written = fail_errno(errno, file_path);
    if (!written) {
        ::unlinkat(directory->get(), name.c_str(), 0);
        return written;
    }
    if (::fsync(directory->get()) != 0) return fail_errno(errno, *path);
    return {};
}

int run_retry_fcc(const SendOptions& options) {
    install_stop_handlers();
    return Retry(options).run();
}

}  // namespace mailpipe::app
