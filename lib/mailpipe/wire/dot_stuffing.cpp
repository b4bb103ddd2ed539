#include "mailpipe/wire/dot_stuffing.hpp"

namespace mailpipe::wire {

DotDecoder::Step DotDecoder::next(InputBuffer& input) {
    std::string_view view = input.view();
    if (at_line_start_ && !view.empty() && view[0] == '.') {
        if (view == "." || view == ".\r") return {Status::need_input, {}};
        if (view.substr(0, 3) == ".\r\n") {
            input.consume(3);
            return {Status::end, {}};
        }
        input.consume(1);
        view.remove_prefix(1);
        at_line_start_ = false;
    }
    if (view.empty()) return {Status::need_input, {}};
    std::size_t length = view.find("\r\n.");
    if (length != std::string_view::npos) {
        length += 2;
        at_line_start_ = true;
    } else {
        length = view.size();
        at_line_start_ = length >= 2 && view.substr(length - 2) == "\r\n";
        // A CR at the end may be half of a line end: it waits for what follows.
        if (view.back() == '\r') --length;
    }
    if (length == 0) return {Status::need_input, {}};
    input.consume(length);
    return {Status::data, view.substr(0, length)};
}

void DotEncoder::append(std::string_view text, std::string& out) {
    while (!text.empty()) {
        if (state_ == State::line_start && text[0] == '.') out += '.';
        if (state_ == State::after_cr && text[0] == '\n') {
            out += '\n';
            text.remove_prefix(1);
            state_ = State::line_start;
            continue;
        }
        const std::size_t line_end = text.find("\r\n");
        if (line_end != std::string_view::npos) {
            out += text.substr(0, line_end + 2);
            text.remove_prefix(line_end + 2);
            state_ = State::line_start;
        } else {
            out += text;
            state_ = text.back() == '\r' ? State::after_cr : State::in_line;
            return;
        }
    }
}

void DotEncoder::finish(std::string& out) {
    if (state_ != State::line_start) out += "\r\n";
    out += ".\r\n";
    state_ = State::line_start;
}

}  // namespace mailpipe::wire
