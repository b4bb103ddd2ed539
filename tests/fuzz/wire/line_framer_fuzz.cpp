#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/wire/line_framer.hpp"

// Lines of the input in one piece and in pieces must be the same, joined they must be the input again, and none
// may be longer than the limit.
namespace {

using namespace mailpipe::wire;

constexpr std::size_t kLimit = 20;

std::string frame(std::string_view octets, LineEnd line_end, std::size_t piece) {
    LineFramer framer(line_end, kLimit, "kTest");
    InputBuffer input;
    std::string out;
    while (true) {
        const auto line = framer.next(input);
        if (!line) return out + "E";
        if (*line) {
            if ((*line)->size() > kLimit || (*line)->find("\r\n") != std::string_view::npos) std::abort();
            if (line_end == LineEnd::crlf_or_lf && (*line)->find('\n') != std::string_view::npos) std::abort();
            out += std::string(**line) + "\r\n";
            continue;
        }
        if (octets.empty()) return out + std::string(input.view());
        const std::string_view next = octets.substr(0, piece);
        input.append(next);
        octets.remove_prefix(next.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (const LineEnd line_end : {LineEnd::crlf, LineEnd::crlf_or_lf}) {
        const std::string whole = frame(octets, line_end, octets.size() + 1);
        if (frame(octets, line_end, 1) != whole || frame(octets, line_end, 1 + data[0] % 16) != whole)
            std::abort();
        const bool failed = !whole.empty() && whole.back() == 'E' && whole != octets;
        if (line_end == LineEnd::crlf && !failed && whole != octets) std::abort();
    }
    return 0;
}
