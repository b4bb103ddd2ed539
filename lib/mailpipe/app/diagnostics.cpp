#include "mailpipe/app/diagnostics.hpp"

#include <unistd.h>

#include "mailpipe/app/location.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/terminal.hpp"
#include "mailpipe/base/exit_status.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kDefault = "\x1b[0m";

// One write, so that lines of several processes do not mix. A stderr that cannot be written has nobody to tell.
void write_line(std::string_view prefix, std::string_view text) {
    std::string line(prefix);
    line += terminal_text(text.substr(0, limits::kDiagnosticLine));
    if (text.size() > limits::kDiagnosticLine) line += "...";
    line += '\n';
    [[maybe_unused]] const auto ignored = write_all(STDERR_FILENO, line, "stderr");
}

std::string located(std::string_view where, std::string_view text) {
    std::string line;
    if (!where.empty()) line += without_password(where) + ": ";
    line += text;
    return line;
}

std::string reply_text(const ServerReply& reply) {
    std::string text = reply.code == 0 ? "" : std::to_string(reply.code) + " ";
    if (!reply.enhanced.empty() && !reply.text.starts_with(reply.enhanced)) text += reply.enhanced + " ";
    return text + reply.text;
}

}  // namespace

Diagnostics::Diagnostics(std::string program, const CommonOptions& options)
    : program_(std::move(program)), quiet_(options.quiet), color_(use_color(options.color, STDERR_FILENO)) {}

void Diagnostics::error(std::string_view where, const Error& error) {
    const std::lock_guard lock(mutex_);
    exit_status_ = worse_exit_status(exit_status_, mailpipe::exit_status(error.kind));
    if (error.message.ends_with(kPipeClosed) || error.message.ends_with(kReported)) return;
    if (progress_ != nullptr) progress_->clear();
    std::string text = error.message;
    if (error.reply && !error.reply->text.empty() && text.find(error.reply->text) == std::string::npos) {
        text += ": " + reply_text(*error.reply);
    }
    std::string prefix = program_ + ": ";
    if (color_) prefix = std::string(kRed) + prefix + std::string(kDefault);
    write_line(prefix, located(where, text));
}

void Diagnostics::note(std::string_view where, std::string_view text) {
    if (quiet_) return;
    const std::lock_guard lock(mutex_);
    if (progress_ != nullptr) progress_->clear();
    write_line(program_ + ": ", located(where, text));
}

void StderrTrace::client_line(std::string_view line) {
    write_line("C: ", line);
}
void StderrTrace::server_line(std::string_view line) {
    write_line("S: ", line);
}

}  // namespace mailpipe::app
