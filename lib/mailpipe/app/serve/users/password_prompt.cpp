#include "mailpipe/app/serve/users/password_prompt.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app::serve {
namespace {

class WithoutEcho {
 public:
    WithoutEcho() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~WithoutEcho() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
    termios before_{};
    bool changed_ = false;
};

// Octet by octet: what follows the line is not ours.
Result<Secret> read_line() {
    std::string line;
    line.reserve(limits::kPassword);
    while (true) {
        char c = 0;
        const ssize_t count = ::read(STDIN_FILENO, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "standard input");
        if (count == 0 || c == '\n') break;
        if (line.size() >= limits::kPassword)
            return fail(Errc::limit, "the password is longer than kPassword (65536 octets)");
        line += c;
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    Secret secret(line);
    wipe(line);
    return secret;
}

Result<Secret> prompt(const std::string& text) {
    const WithoutEcho silent;
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    auto answer = read_line();
    (void)!::write(STDERR_FILENO, "\n", 1);
    return answer;
}

}  // namespace

Result<Secret> ask_new_password(const std::string& user) {
    const bool asks = ::isatty(STDIN_FILENO) == 1;
    auto password = asks ? prompt("New password of " + terminal_text(user) + ": ") : read_line();
    if (!password) return password;
    if (password->empty()) return fail(Errc::data, "the password is empty");
    if (password->reveal().find('\0') != std::string_view::npos)
        return fail(Errc::data, "the password contains a NUL");
    if (!asks) return password;
    const auto again = prompt("Again: ");
    if (!again) return again;
    if (!again->equals(password->reveal())) return fail(Errc::data, "the two passwords differ");
    return password;
}

}  // namespace mailpipe::app::serve
