#include "mailpipe/index/folder_name.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/modified_utf7.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kFileName = 255;

Fail unusable(std::string_view name, const std::string& why) {
    return fail(Errc::usage, "mailbox " + std::string(name.substr(0, kFileName)) + ": " + why);
}

// A directory in the place of the index or of its journal would keep the account from being opened.
bool is_own_file(std::string_view directory) {
    return directory.starts_with(".mailpipe-");
}

}  // namespace

std::string normal_name(std::string_view name) {
    constexpr std::string_view kInbox = "INBOX";
    if (ascii::starts_with_ignore_case(name, kInbox) &&
        (name.size() == kInbox.size() || name[kInbox.size()] == '/'))
        return std::string(kInbox) + std::string(name.substr(kInbox.size()));
    return std::string(name);
}

Result<std::string> directory_of(std::string_view name) {
    const std::string normal = normal_name(name);
    if (normal == "INBOX") return std::string();
    if (normal.size() > kMailboxName)
        return unusable(name, "the name is longer than kMailboxName (" + std::to_string(kMailboxName) + ")");
    if (std::any_of(normal.begin(), normal.end(), ascii::is_control))
        return unusable(name, "the name has control characters");
    const auto levels = ascii::split(normal, '/');
    if (levels.size() > kMailboxLevels)
        return unusable(name, "has more levels than kMailboxLevels (" + std::to_string(kMailboxLevels) + ")");
    std::string directory;
    for (const std::string_view level : levels) {
        if (level.empty()) return unusable(name, "a level of the name is empty");
        // It would be two levels of another mailbox, or "..".
        if (level.find('.') != std::string_view::npos)
            return unusable(name, "\".\" cannot be in the name of a mailbox");
        auto encoded = encode_mailbox_name(level);
        if (!encoded) return unusable(name, "the name is not UTF-8");
        directory += "." + *encoded;
    }
    if (is_own_file(directory)) return unusable(name, "the name is that of a file of mail-serve");
    if (directory.size() > kFileName) return unusable(name, "the name is too long for the file system");
    return directory;
}

std::optional<std::string> name_of(std::string_view directory) {
    if (directory.empty()) return "INBOX";
    if (directory[0] != '.' || is_own_file(directory)) return std::nullopt;
    std::string name;
    for (const std::string_view level : ascii::split(directory.substr(1), '.')) {
        if (level.empty()) return std::nullopt;
        auto decoded = decode_mailbox_name(level);
        if (!decoded && encode_mailbox_name(level)) decoded = std::string(level);
        if (!decoded || decoded->find('/') != std::string::npos || decoded->find('.') != std::string::npos ||
            std::any_of(decoded->begin(), decoded->end(), ascii::is_control))
            return std::nullopt;
        if (!name.empty()) name += '/';
        name += *decoded;
    }
    // A directory that is in the place of another name is nobody's.
    if (normal_name(name) != name || name == "INBOX") return std::nullopt;
    return name;
}

std::string utf8_directory_of(std::string_view name) {
    std::string directory = "." + std::string(name);
    std::replace(directory.begin(), directory.end(), '/', '.');
    return directory;
}

std::vector<std::string> parse_dovecot_subscriptions(std::string_view text) {
    std::vector<std::string> names;
    const bool tabs = text.starts_with("V\t2\n");
    if (tabs) text.remove_prefix(4);
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        std::string directory = "." + std::string(line);
        if (tabs) std::replace(directory.begin(), directory.end(), '\t', '.');
        if (line == "INBOX") directory.clear();
        if (auto name = name_of(directory)) names.push_back(std::move(*name));
    }
    return names;
}

std::vector<std::string> parse_courier_subscriptions(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (!line.starts_with("INBOX")) continue;
        if (auto name = name_of(line.substr(5))) names.push_back(std::move(*name));
    }
    return names;
}

}  // namespace mailpipe::index
