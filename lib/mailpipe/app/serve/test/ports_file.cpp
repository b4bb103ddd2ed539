#include "mailpipe/app/serve/test/ports_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

bool is_plain(char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) ||
           std::string_view("%+,./:=@_-").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& value) {
    if (std::all_of(value.begin(), value.end(), is_plain)) return value;
    std::string out = "'";
    for (const char c : value)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string unquoted(std::string_view text) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') {
            inside = !inside;
        } else if (text[i] == '\\' && !inside && i + 1 < text.size()) {
            out += text[++i];
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

Result<store::Fd> PortsFile::write(const std::string& path, const Lines& lines) {
    std::string text;
    for (const auto& [name, value] : lines)
        text += name + "=" + quoted(value) + "\n";
    const std::string temporary = fmt::format("{}.{}", path, ::getpid());
    store::Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) return fail_errno(errno, path, true);
    // Nobody else knows the file yet.
    if (auto locked = store::lock_file(file.get(), true, 0, temporary); !locked) {
        ::unlink(temporary.c_str());
        return tl::unexpected(locked.error());
    }
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count == static_cast<ssize_t>(text.size()) && std::rename(temporary.c_str(), path.c_str()) == 0)
        return file;
    const int number = count >= 0 && count < static_cast<ssize_t>(text.size()) ? ENOSPC : errno;
    ::unlink(temporary.c_str());
    return fail_errno(number, path);
}

bool PortsFile::is_held(const std::string& path) {
    const store::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return false;
    const auto locked = store::lock_file(file.get(), false, 0, path);
    return locked && !*locked;
}

Result<std::map<std::string, std::string>> PortsFile::read(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail_errno(errno, path);
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(file, line);) {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos)
            return fail(Errc::data, path + ": NAME=VALUE is expected, not '" + line + "'");
        values[line.substr(0, equals)] = unquoted(std::string_view(line).substr(equals + 1));
    }
    return values;
}

void PortsFile::add_socket(Lines& lines, const std::string& url) {
    const std::string scheme = url.substr(0, url.find(':'));
    std::string prefix = "MAILPIPE_" + ascii::to_upper(scheme);
    const auto known = [&lines](const std::string& name) {
        return std::any_of(lines.begin(), lines.end(),
                           [&name](const auto& line) { return line.first == name; });
    };
    if (known(prefix + "_URL")) return;
    lines.emplace_back(prefix + "_URL", url);
    const std::size_t colon = url.rfind(':');
    if (url.find("://") != std::string::npos) lines.emplace_back(prefix + "_PORT", url.substr(colon + 1));
}

}  // namespace mailpipe::app::serve
