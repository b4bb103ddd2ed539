#include "mailpipe/app/serve/imap/list_pattern.hpp"

#include <string>
#include <vector>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kInbox = "INBOX";

std::string with_inbox(std::string_view text) {
    const bool inbox =
        text.size() >= kInbox.size() && ascii::equals_ignore_case(text.substr(0, kInbox.size()), kInbox);
    const bool level = inbox && (text.size() == kInbox.size() || text[kInbox.size()] == '/');
    return level ? std::string(kInbox).append(text.substr(kInbox.size())) : std::string(text);
}

}  // namespace

bool matches_list_pattern(std::string_view given, std::string_view name) {
    const std::string pattern = with_inbox(given);
    // reached[i]: the pattern so far matches the first i octets of the name.
    std::vector<bool> reached(name.size() + 1);
    reached[0] = true;
    for (const char wanted : pattern) {
        if (wanted == '*' || wanted == '%') {
            for (std::size_t i = 0; i < name.size(); ++i)
                if (reached[i] && (wanted == '*' || name[i] != '/')) reached[i + 1] = true;
            continue;
        }
        for (std::size_t i = name.size(); i > 0; --i)
            reached[i] = reached[i - 1] && name[i - 1] == wanted;
        reached[0] = false;
    }
    return reached[name.size()];
}

}  // namespace mailpipe::app::serve
