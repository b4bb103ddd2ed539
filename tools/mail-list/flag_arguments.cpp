#include "tools/mail-list/flag_arguments.hpp"

namespace mailpipe::tools {
namespace {

bool is_signed(const std::string& word) {
    return word.size() > 2 && (word[0] == '+' || (word[0] == '-' && word[1] != '-'));
}

}  // namespace

std::vector<std::string> join_flag_arguments(int argc, char** argv) {
    const std::vector<std::string> words(argv, argv + argc);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        out.push_back(words[i]);
        if (words[i] == "--") {
            out.insert(out.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
            break;
        }
        if (words[i] != "--flag" || i + 1 == words.size()) continue;
        if (words[i + 1].starts_with('-') && !is_signed(words[i + 1])) continue;
        std::string value = words[++i];
        while (i + 1 < words.size() && is_signed(words[i + 1]))
            value += " " + words[++i];
        out.back() += "=" + value;
    }
    return out;
}

}  // namespace mailpipe::tools
