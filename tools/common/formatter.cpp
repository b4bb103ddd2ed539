#include "tools/common/formatter.hpp"

#include <sstream>

namespace mailpipe::tools {
namespace {

constexpr std::size_t kIndent = 32;
constexpr std::size_t kWidth = 100;

}  // namespace

std::string Formatter::make_option(const CLI::Option* option, bool is_positional) const {
    std::string line = "  " + make_option_name(option, is_positional) + make_option_opts(option);
    std::string out;
    if (line.size() + 2 > kIndent) {
        out = line + "\n";
        line = std::string(kIndent, ' ');
    } else {
        line.resize(kIndent, ' ');
    }
    std::istringstream words(make_option_desc(option));
    std::string word;
    bool first = true;
    while (words >> word) {
        if (!first && line.size() + 1 + word.size() > kWidth) {
            out += line + "\n";
            line = std::string(kIndent, ' ');
            first = true;
        }
        line += (first ? "" : " ") + word;
        first = false;
    }
    return out + line + "\n";
}

std::string Formatter::make_option_opts(const CLI::Option* option) const {
    std::string text;
    if (option->get_positional()) return text;
    if (option->get_type_size() != 0 && !option->get_type_name().empty()) text += " " + option->get_type_name();
    return text;
}

std::string Formatter::make_usage(const CLI::App* app, std::string name) const {
    std::string text = "Usage: " + name;
    for (const CLI::Option* option : app->get_options()) {
        if (!option->get_required() || option->get_positional()) continue;
        text += " " + option->get_name() + " " + option->get_type_name();
    }
    text += " [OPTIONS]";
    for (const CLI::Option* option : app->get_options()) {
        if (!option->get_positional()) continue;
        const std::string word = option->get_name(true, false) + "...";
        text += " " + (option->get_required() ? word : "[" + word + "]");
    }
    return text + "\n";
}

}  // namespace mailpipe::tools
