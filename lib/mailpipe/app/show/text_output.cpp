#include "mailpipe/app/show/text_output.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/app/terminal.hpp"

namespace mailpipe::app {

TextOutput::TextOutput(const ShowOptions& options) {
    const bool terminal = is_terminal(STDOUT_FILENO);
    look_.width = options.width.value_or(::isatty(STDOUT_FILENO) == 1 ? terminal_width(STDOUT_FILENO) : 0);
    look_.color = use_color(options.common.color, STDOUT_FILENO);
    if (options.pager == When::always || (options.pager == When::automatic && terminal))
        command_ = pager_command();
}

Result<void> TextOutput::write(std::string_view text) {
    if (!command_.empty()) {
        auto started = Pager::start(std::exchange(command_, {}));
        if (!started) return tl::unexpected(started.error());
        pager_.emplace(std::move(*started));
    }
    auto written = write_all(pager_ ? pager_->fd() : STDOUT_FILENO, text, "stdout");
    if (pager_ && !written) pager_left_ = true;
    return written;
}

bool TextOutput::pager_left() const {
    return pager_ && (pager_left_ || stop_signal() == SIGINT);
}

Result<void> TextOutput::finish() {
    return pager_ ? pager_->finish() : Result<void>{};
}

}  // namespace mailpipe::app
