#pragma once

#include <cstddef>

#include "mailpipe/app/options.hpp"

// What is known of the terminal behind a file descriptor, and of what its user wants (environment).
namespace mailpipe::app {

// A terminal that understands escapes: TERM is not "dumb".
bool is_terminal(int fd);

// Columns: COLUMNS, which a user sets to be obeyed; else TIOCGWINSZ; else 80. From 1 to kWidestTerminal.
inline constexpr std::size_t kWidestTerminal = 1000;
std::size_t terminal_width(int fd);

// --color: by itself on a terminal, unless NO_COLOR is set and not empty (no-color.org).
bool use_color(When when, int fd);

}  // namespace mailpipe::app
