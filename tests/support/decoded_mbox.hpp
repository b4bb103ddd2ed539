#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/store/mbox_format.hpp"

// An mbox as store::MboxDecoder reads it.
namespace mailpipe::test {

struct DecodedMbox {
    struct Message {
        std::uint64_t offset = 0;
        std::uint64_t end = 0;
        std::time_t date = 0;
        std::string text;
        store::Keywords keywords;
        bool operator==(const Message&) const = default;
    };
    std::vector<Message> messages;
    bool foreign = false;
    bool operator==(const DecodedMbox&) const = default;
};

// `piece` octets at a time.
inline DecodedMbox decode_mbox(std::string_view mbox, std::size_t piece) {
    DecodedMbox decoded;
    store::MboxDecoder decoder(0);
    store::MboxMessageScan scan;
    bool eof = false;
    while (true) {
        switch (decoder.next()) {
            case store::MboxDecoder::Status::need_input:
                if (eof) return decoded;
                eof = mbox.empty();
                if (eof) decoder.feed_eof();
                if (!eof) decoder.feed(mbox.substr(0, piece));
                mbox.remove_prefix(std::min(piece, mbox.size()));
                break;
            case store::MboxDecoder::Status::begin:
                scan = {};
                decoded.messages.emplace_back();
                decoded.messages.back().offset = decoder.message().offset;
                decoded.messages.back().date = store::parse_from_date(decoder.message().from_line);
                break;
            case store::MboxDecoder::Status::text:
                decoded.messages.back().text += decoder.text();
                scan.append(decoder.text());
                break;
            case store::MboxDecoder::Status::end:
                decoded.messages.back().end = decoder.message().end;
                decoded.messages.back().keywords = scan.keywords();
                break;
            case store::MboxDecoder::Status::foreign:
                decoded.foreign = true;
                return decoded;
        }
    }
}

}  // namespace mailpipe::test
