#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/wire/dot_stuffing.hpp"

// Any octets survive encoding and decoding, however both are cut; any octets decode the same however they are
// cut, and end at the first CRLF "." CRLF and nowhere else.
namespace {

using namespace mailpipe::wire;

struct Decoded {
    std::string data;
    bool ended = false;
    std::size_t consumed = 0;
    bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view octets, std::size_t piece) {
    DotDecoder decoder;
    InputBuffer input;
    Decoded out;
    std::size_t fed = 0;
    while (true) {
        const auto step = decoder.next(input);
        if (step.status == DotDecoder::Status::end) {
            out.ended = true;
            break;
        }
        if (step.status == DotDecoder::Status::data) {
            if (step.data.empty()) std::abort();
            out.data += step.data;
            continue;
        }
        if (fed == octets.size()) break;
        const std::string_view next = octets.substr(fed, piece);
        input.append(next);
        fed += next.size();
    }
    out.consumed = fed - input.view().size();
    return out;
}

std::string encode(std::string_view text, std::size_t piece) {
    DotEncoder encoder;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
        encoder.append(text.substr(at, piece), out);
    encoder.finish(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = 1 + data[0] % 8;

    const Decoded decoded = decode(octets, octets.size() + 1);
    if (decode(octets, piece) != decoded) std::abort();
    const std::size_t end = ("\r\n" + octets).find("\r\n.\r\n");
    if (decoded.ended != (end != std::string::npos)) std::abort();
    if (decoded.ended && decoded.consumed != end + 3) std::abort();

    const std::string wire = encode(octets, octets.size() + 1);
    if (encode(octets, piece) != wire) std::abort();
    const bool whole = octets.empty() || (octets.size() >= 2 && octets.substr(octets.size() - 2) == "\r\n");
    if (decode(wire, piece) != Decoded{whole ? octets : octets + "\r\n", true, wire.size()}) std::abort();
    return 0;
}
