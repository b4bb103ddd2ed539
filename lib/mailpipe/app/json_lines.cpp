#include "mailpipe/app/json_lines.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

Fail refuse_length() {
    return fail(Errc::data, "the record exceeds kEmailObject (" + std::to_string(limits::kEmailObject) +
                                " octets); send what is that large with its raw");
}

}  // namespace

Result<const std::string*> JsonLines::next() {
    while (true) {
        ++number_;
        const auto found = read_line();
        if (!found) return tl::unexpected(found.error());
        if (!*found) return nullptr;
        if (!ascii::trim(line_).empty()) return &line_;
    }
}

// false at the end. A line that is too long is passed over whole.
Result<bool> JsonLines::read_line() {
    line_.clear();
    bool too_long = false;
    while (true) {
        const auto more = source_.ensure(1);
        if (!more) return more;
        if (!*more) break;
        const std::string_view view = source_.view();
        const std::size_t end = std::min(view.find('\n'), view.size());
        too_long = too_long || line_.size() + end > limits::kEmailObject;
        if (!too_long) line_ += view.substr(0, end);
        const bool complete = end < view.size();
        source_.consume(complete ? end + 1 : end);
        if (complete) return too_long ? Result<bool>(refuse_length()) : Result<bool>(true);
    }
    if (too_long) return refuse_length();
    return !line_.empty();
}

}  // namespace mailpipe::app
