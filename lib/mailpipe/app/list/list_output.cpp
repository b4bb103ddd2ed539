#include "mailpipe/app/list/list_output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "mailpipe/app/list/table.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kDefaultWidth = 80;
constexpr std::size_t kWidestTerminal = 1000;

std::size_t terminal_width() {
    struct winsize size {};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char* columns = std::getenv("COLUMNS");
    const auto number = columns == nullptr ? std::nullopt : ascii::parse_number(columns);
    return number && *number > 0 && *number <= kWidestTerminal ? static_cast<std::size_t>(*number)
                                                               : kDefaultWidth;
}

}  // namespace

ListOutput::ListOutput(const CommonOptions& options) : progress_(options, true) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    table_ = options.output == OutputStyle::table || options.output == OutputStyle::text ||
             (options.output == OutputStyle::automatic && terminal);
    color_ = options.color == When::always || (options.color == When::automatic && terminal);
    heading_due_ = table_;
    if (table_) width_ = terminal_width();
}

Result<void> ListOutput::write_line(std::string line) {
    line += '\n';
    auto written = write_all(STDOUT_FILENO, line, "stdout");
    if (!written) failed_ = true;
    return written;
}

Result<void> ListOutput::write(const Candidate& candidate) {
    if (stop_requested()) return fail(Errc::temporary, "stopped by a signal");
    progress_.add_octets(candidate.context.size.value_or(0));
    progress_.end_message();
    const email::Json json = email::envelope(candidate.header_text(), candidate.context);
    if (!table_) return write_line(email::dump(json));
    if (heading_due_) {
        heading_due_ = false;
        if (auto written = write_line(table_heading(width_)); !written) return written;
    }
    std::string row = table_row(json, width_);
    const auto keywords = json.find("keywords");
    if (color_ && keywords != json.end() && !keywords->contains("$seen")) row = "\x1b[1m" + row + "\x1b[0m";
    return write_line(std::move(row));
}

}  // namespace mailpipe::app
