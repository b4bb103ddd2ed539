#include "mailpipe/app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kDefaultWidth = 80;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool is_terminal(int fd) {
    return ::isatty(fd) == 1 && variable("TERM") != "dumb";
}

std::size_t terminal_width(int fd) {
    const auto columns = ascii::parse_number(variable("COLUMNS"));
    if (columns && *columns > 0 && *columns <= kWidestTerminal) return static_cast<std::size_t>(*columns);
    struct winsize size {};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
    return std::min<std::size_t>(size.ws_col, kWidestTerminal);
}

bool use_color(When when, int fd) {
    if (when == When::automatic) return is_terminal(fd) && variable("NO_COLOR").empty();
    return when == When::always;
}

}  // namespace mailpipe::app
