#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/wire/line_ends.hpp"

// The mappings do not depend on how the text is cut, agree with a plain one, and bring CRLF text back.
namespace {

using namespace mailpipe::wire;

std::string to_lf(std::string_view text, std::size_t piece) {
    CrlfToLf mapper;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
        mapper.append(text.substr(at, piece), out);
    mapper.finish(out);
    return out;
}

std::string to_crlf(std::string_view text, std::size_t piece) {
    LfToCrlf mapper;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
        mapper.append(text.substr(at, piece), out);
    return out;
}

LineEndChecker check(std::string_view text, std::size_t piece) {
    LineEndChecker checker;
    for (std::size_t at = 0; at < text.size(); at += piece)
        checker.append(text.substr(at, piece));
    checker.finish();
    return checker;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = 1 + data[0] % 8;

    std::string lf;
    std::string crlf;
    bool bare_cr = false;
    bool bare_lf = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool before_lf = i + 1 < text.size() && text[i + 1] == '\n';
        const bool after_cr = i > 0 && text[i - 1] == '\r';
        if (text[i] != '\r' || !before_lf) lf += text[i];
        if (text[i] == '\n' && !after_cr) crlf += '\r';
        crlf += text[i];
        bare_cr = bare_cr || (text[i] == '\r' && !before_lf);
        bare_lf = bare_lf || (text[i] == '\n' && !after_cr);
    }
    if (to_lf(text, text.size() + 1) != lf || to_lf(text, piece) != lf) std::abort();
    if (to_crlf(text, text.size() + 1) != crlf || to_crlf(text, piece) != crlf) std::abort();
    const LineEndChecker checker = check(text, piece);
    if (checker.bare_cr() != bare_cr || checker.bare_lf() != bare_lf) std::abort();
    if (checker.nul() != (text.find('\0') != std::string_view::npos)) std::abort();
    if (checker.clean() && to_crlf(to_lf(text, piece), piece) != text) std::abort();
    return 0;
}
