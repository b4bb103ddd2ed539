#include "mailpipe/app/config/import_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/app/config/import.hpp"
#include "mailpipe/app/config/limits.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/private_file.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app::config {

Result<void> import_file(Dialect dialect, const std::string& path) {
    const bool is_stdin = path.empty() || path == "-";
    const std::string what = is_stdin ? "stdin" : path;
    const int fd = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return fail_errno(errno, what);
    auto text = read_secret(fd, limits::kConfigFile, what);
    if (!is_stdin) ::close(fd);
    if (!text) return tl::unexpected(text.error());
    const auto imported = import_config(dialect, *text);
    wipe(*text);
    if (!imported) return tl::unexpected(imported.error());
    return write_all(STDOUT_FILENO, *imported, "stdout");
}

}  // namespace mailpipe::app::config
