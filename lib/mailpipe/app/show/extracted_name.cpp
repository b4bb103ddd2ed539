#include "mailpipe/app/show/extracted_name.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

// File systems end at 255; numbers that tell names apart need some.
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestExtension = 20;

std::size_t extension_begin(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 || name.size() - dot > kLongestExtension ? name.size()
                                                                                              : dot;
}

}  // namespace

std::string extracted_name(std::string_view name, std::string_view fallback) {
    if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    std::string safe = terminal_text(name);
    std::replace(safe.begin(), safe.end(), '\t', ' ');
    safe = std::string(ascii::trim(safe));
    // Hidden files, ".." and what a command would take for an option.
    if (!safe.empty() && (safe[0] == '.' || safe[0] == '-')) safe[0] = '_';
    if (safe.empty()) return std::string(fallback);
    const std::size_t dot = extension_begin(safe);
    return std::string(utf8_prefix(std::string_view(safe).substr(0, dot), kLongestName - (safe.size() - dot))) +
           safe.substr(dot);
}

std::string numbered_name(std::string_view name, std::size_t number) {
    const std::size_t dot = extension_begin(name);
    return std::string(name.substr(0, dot)) + "-" + std::to_string(number) + std::string(name.substr(dot));
}

}  // namespace mailpipe::app
