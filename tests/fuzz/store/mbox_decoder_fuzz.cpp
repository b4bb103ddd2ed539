#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/store/mbox_format.hpp"

using mailpipe::store::encode_from_line;
using mailpipe::store::FromQuoter;
using mailpipe::store::MboxDecoder;
using mailpipe::store::MboxMessageScan;

namespace {

struct Decoded {
    std::vector<std::string> messages;
    std::vector<std::uint64_t> offsets;
    bool foreign = false;
    bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view mbox, std::size_t piece) {
    Decoded decoded;
    MboxDecoder decoder(0);
    MboxMessageScan scan;
    bool eof = false;
    while (true) {
        switch (decoder.next()) {
            case MboxDecoder::Status::need_input:
                if (eof) return decoded;
                eof = mbox.empty();
                if (eof) decoder.feed_eof();
                if (!eof) decoder.feed(mbox.substr(0, piece));
                mbox.remove_prefix(std::min(piece, mbox.size()));
                break;
            case MboxDecoder::Status::begin:
                decoded.messages.emplace_back();
                decoded.offsets.push_back(decoder.message().offset);
                mailpipe::store::parse_from_date(decoder.message().from_line);
                break;
            case MboxDecoder::Status::text:
                decoded.messages.back() += decoder.text();
                scan.append(decoder.text());
                break;
            case MboxDecoder::Status::end:
                scan.keywords();
                break;
            case MboxDecoder::Status::foreign:
                decoded.foreign = true;
                return decoded;
        }
    }
}

// What the writer writes must come back as it was.
void check_round_trip(std::string_view text) {
    std::string mbox = encode_from_line(1'700'000'000, !text.empty() && !text.ends_with('\n'));
    FromQuoter quoter;
    quoter.append(text, mbox);
    quoter.finish(mbox);
    mbox += text.empty() || text.ends_with('\n') ? "\n" : "\n\n";
    const auto decoded = decode(mbox + mbox, 7);
    if (decoded.messages.size() != 2 || decoded.messages[0] != text || decoded.messages[1] != text)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = decode(input, input.size() + 1);
    if (decode(input, 1U + data[0] % 16U) != whole) std::abort();
    check_round_trip(input);
    return 0;
}
