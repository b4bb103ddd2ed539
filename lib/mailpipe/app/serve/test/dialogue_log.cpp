#include "mailpipe/app/serve/test/dialogue_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {

Result<std::unique_ptr<DialogueFile>> DialogueFile::create(const std::string& path) {
    store::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, path, true);
    return std::unique_ptr<DialogueFile>(new DialogueFile(std::move(file)));
}

void DialogueFile::write(std::string_view dialogue) {
    const std::lock_guard lock(mutex_);
    while (!dialogue.empty()) {
        const ssize_t count = ::write(file_.get(), dialogue.data(), dialogue.size());
        if (count < 0 && errno != EINTR) return;
        if (count > 0) dialogue.remove_prefix(static_cast<std::size_t>(count));
    }
}

void DialogueLog::put(char side, std::string_view line) {
    const bool whole = line.ends_with("\r\n");
    if (whole) line.remove_suffix(2);
    text_ += side;
    text_ += whole ? ":" : "|";
    if (!line.empty()) text_ += ' ';
    for (const char c : line) {
        if (c == '\\') {
            text_ += "\\\\";
        } else if (ascii::is_control(c)) {
            text_ += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            text_ += c;
        }
    }
    text_ += '\n';
}

void DialogueLog::end_line() {
    if (!line_.empty()) put(side_, std::exchange(line_, {}));
}

void DialogueLog::add(char side, std::string_view octets) {
    if (octets.empty()) return;
    if (side != side_) end_line();
    side_ = side;
    line_ += octets;
    std::string_view rest = line_;
    for (std::size_t at = rest.find('\n'); at != std::string_view::npos; at = rest.find('\n')) {
        put(side, rest.substr(0, at + 1));
        rest.remove_prefix(at + 1);
    }
    line_.erase(0, line_.size() - rest.size());
}

void DialogueLog::tls_started() {
    end_line();
    text_ += "S*\n";
}

void DialogueLog::note(std::string_view text) {
    end_line();
    text_.append("# ").append(text).append("\n");
}

std::string DialogueLog::take() {
    end_line();
    return std::exchange(text_, {});
}

}  // namespace mailpipe::app::serve
