#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/store/mbox_format.hpp"
#include "tests/support/decoded_mbox.hpp"

using mailpipe::store::encode_from_line;
using mailpipe::store::FromQuoter;
using mailpipe::test::decode_mbox;
using mailpipe::test::is_scanned_alike;

namespace {

// What the writer writes must come back as it was.
void check_round_trip(std::string_view text) {
    std::string mbox = encode_from_line(1'700'000'000, !text.empty() && !text.ends_with('\n'));
    FromQuoter quoter;
    quoter.append(text, mbox);
    quoter.finish(mbox);
    mbox += text.empty() || text.ends_with('\n') ? "\n" : "\n\n";
    const auto decoded = decode_mbox(mbox + mbox, 7);
    if (decoded.messages.size() != 2 || decoded.messages[0].text != text || decoded.messages[1].text != text)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = decode_mbox(input, input.size() + 1);
    const std::size_t piece = 1U + data[0] % 16U;
    if (decode_mbox(input, piece) != whole) std::abort();
    if (!is_scanned_alike(input, piece, whole) || !is_scanned_alike(input, input.size() + 1, whole))
        std::abort();
    check_round_trip(input);
    return 0;
}
