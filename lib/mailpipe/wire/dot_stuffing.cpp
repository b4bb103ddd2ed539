#include "mailpipe/wire/dot_stuffing.hpp"

namespace mailpipe::wire {
namespace {

constexpr std::string_view kDotAtStart = "\r\n.";

}  // namespace

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
    if (text.empty()) return;
    if (state_ == State::after_cr && text[0] == '\n') {
        out += '\n';
        text.remove_prefix(1);
        state_ = State::line_start;
        if (text.empty()) return;
    }
    if (state_ == State::line_start && text[0] == '.') out += '.';
    // Few lines begin with a dot: what is between two of them goes as it is.
    for (std::size_t dot = text.find(kDotAtStart); dot != std::string_view::npos;
         dot = text.find(kDotAtStart)) {
        out += text.substr(0, dot + kDotAtStart.size());
        out += '.';
        text.remove_prefix(dot + kDotAtStart.size());
    }
    out += text;
    // `text` may be what follows such a dot.
    state_ = text.ends_with("\r\n") ? State::line_start
             : text.ends_with('\r') ? State::after_cr
                                    : State::in_line;
}

void DotEncoder::finish(std::string& out) {
    if (state_ != State::line_start) out += "\r\n";
    out += ".\r\n";
    state_ = State::line_start;
}

}  // namespace mailpipe::wire
