#include "mailpipe/wire/line_framer.hpp"

#include <string>

namespace mailpipe::wire {

LineFramer::LineFramer(LineEnd line_end, std::size_t limit, std::string_view limit_name)
    : line_end_(line_end), limit_(limit), limit_name_(limit_name) {}

void LineFramer::set_limit(std::size_t limit, std::string_view limit_name) {
    limit_ = limit;
    limit_name_ = limit_name;
}

Result<std::optional<std::string_view>> LineFramer::next(InputBuffer& input) {
    const std::string_view view = input.view();
    std::size_t at = view.find('\n', scanned_);
    while (at != std::string_view::npos && line_end_ == LineEnd::crlf && (at == 0 || view[at - 1] != '\r')) {
        at = view.find('\n', at + 1);
    }
    const std::size_t length = at == std::string_view::npos ? view.size() : at;
    const bool ends_in_cr = length > 0 && view[length - 1] == '\r';
    if (length - (ends_in_cr ? 1 : 0) > limit_) {
        return fail(Errc::limit, "line longer than " + std::string(limit_name_) + " (" +
                                     std::to_string(limit_) + " octets)");
    }
    if (at == std::string_view::npos) {
        scanned_ = view.size();
        return std::nullopt;
    }
    scanned_ = 0;
    input.consume(at + 1);
    return view.substr(0, ends_in_cr ? length - 1 : length);
}

}  // namespace mailpipe::wire
