#include "mailpipe/app/imap_flags.hpp"

#include <array>
#include <string_view>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::array<std::string_view, 5> kSystemFlags{"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
                                                       "\\Draft"};

}  // namespace

std::vector<std::string> keywords_of_flags(const std::vector<std::string>& flags) {
    std::vector<std::string> keywords;
    for (const std::string& flag : flags) {
        if (flag.empty() || ascii::equals_ignore_case(flag, "\\Recent")) continue;
        std::string keyword = ascii::to_lower(flag);
        if (keyword[0] == '\\') keyword[0] = '$';
        keywords.push_back(std::move(keyword));
    }
    return keywords;
}

std::vector<std::string> flags_of_keywords(const std::vector<std::string>& keywords) {
    std::vector<std::string> flags;
    for (const std::string& keyword : keywords) {
        std::string flag = keyword;
        for (const std::string_view system : kSystemFlags) {
            if (keyword.starts_with('$') && ascii::equals_ignore_case(keyword.substr(1), system.substr(1)))
                flag = system;
        }
        flags.push_back(std::move(flag));
    }
    return flags;
}

}  // namespace mailpipe::app
