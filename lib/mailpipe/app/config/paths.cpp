#include "mailpipe/app/config/paths.hpp"

#include <algorithm>
#include <string_view>

#include "mailpipe/app/fetch/route.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app::config {
namespace {

// 1*ALPHA as "maildir", "imaps" and "pop3" are; npos when the text does not begin with it and a colon.
std::size_t scheme_end(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::string_view::npos;
    const std::string_view word = text.substr(0, colon);
    return std::all_of(word.begin(), word.end(), ascii::is_alnum) ? colon : std::string_view::npos;
}

Result<std::string> below_home(std::string_view path, std::string home) {
    if (path.empty()) return fail(Errc::usage, "the path is missing");
    if (path.front() == '/') return std::string(path);
    if (home.empty())
        return fail(Errc::usage, "the path is relative to your home directory, and HOME is not set");
    while (home.size() > 1 && home.back() == '/')
        home.pop_back();
    if (path.front() != '~') return home + "/" + std::string(path);
    if (path.size() > 1 && path[1] != '/')
        return fail(Errc::usage, "~ stands for your own home directory only; write the path of another one");
    return home + std::string(path.substr(1));
}

}  // namespace

Result<std::string> absolute_path(const std::string& path, const std::string& home) {
    return below_home(path, home);
}

Result<std::string> absolute_location(const std::string& location, const std::string& home) {
    if (location.empty()) return fail(Errc::usage, "the location is empty");
    const std::size_t colon = scheme_end(location);
    if (colon == std::string::npos)
        return location == "-" || location[0] == '@' ? location : below_home(location, home);
    const std::string scheme = ascii::to_lower(location.substr(0, colon));
    const bool has_path = scheme == "maildir" || scheme == "mbox" || scheme == "lmtp";
    if (!has_path || location.compare(colon, 3, "://") == 0) return location;
    auto path = below_home(location.substr(colon + 1), encode_percent(home, "/=+,@:"));
    if (!path) return path;
    return scheme + ":" + *path;
}

Result<std::string> absolute_rule(const std::string& rule, const std::string& home) {
    const auto parts = split_rule(rule);
    if (!parts) return fail(Errc::usage, no_rule(rule));
    auto location = absolute_location(std::string(parts->destination), home);
    if (!location) return location;
    return std::string(parts->keys) + " -> " + *location;
}

}  // namespace mailpipe::app::config
