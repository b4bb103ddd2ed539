#include "mailpipe/app/list/change_output.hpp"

#include <unistd.h>

#include <algorithm>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

ChangeOutput::ChangeOutput(const CommonOptions& options, std::optional<std::uint64_t> limit)
    : limit_(limit),
      as_text_(options.output == OutputStyle::table || options.output == OutputStyle::text ||
               (options.output == OutputStyle::automatic && ::isatty(STDOUT_FILENO) == 1)) {}

Result<void> ChangeOutput::write(Prepared message) {
    if (stop_requested()) return tl::unexpected(stopped_by_signal());
    if (full()) return fail(Errc::temporary, "the limit is reached");
    ++selected_;
    held_.push_back(std::move(message.context));
    return {};
}

const Order& ChangeOutput::order() const {
    static const Order kNatural;
    return kNatural;
}

Result<void> ChangeOutput::count(std::size_t messages) {
    selected_ += messages;
    return {};
}

std::pair<std::size_t, std::size_t> ChangeOutput::wanted(std::size_t count) const {
    if (!limit_) return {0, count};
    return {0, static_cast<std::size_t>(std::min<std::uint64_t>(count, *limit_ - selected_))};
}

Result<void> ChangeOutput::write_changed(const email::Context& context) {
    std::string line;
    if (as_text_) {
        line = terminal_text(context.ref.empty() ? context.mailbox : context.ref);
    } else {
        line = email::dump(email::envelope({}, context));
    }
    auto written = write_all(STDOUT_FILENO, line + "\n", "stdout");
    if (!written) failed_ = true;
    return written;
}

}  // namespace mailpipe::app
