#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/crlf_size.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/store/mbox_scan.hpp"
#include "mailpipe/store/mbox_status.hpp"

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

inline store::Keywords keywords_in(std::string_view lf_text) {
    std::string letters;
    for (std::string_view line : ascii::split(lf_text, '\n')) {
        line = line.substr(0, 200);
        if (ascii::trim(line).empty()) break;
        for (const std::string_view name : {std::string_view("Status:"), std::string_view("X-Status:")}) {
            if (ascii::starts_with_ignore_case(line, name)) letters += line.substr(name.size());
        }
    }
    return store::keywords_of(store::status_set(letters));
}

// `piece` octets at a time.
inline DecodedMbox decode_mbox(std::string_view mbox, std::size_t piece) {
    DecodedMbox decoded;
    store::MboxDecoder decoder(0);
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
                decoded.messages.emplace_back();
                decoded.messages.back().offset = decoder.message().offset;
                decoded.messages.back().date = store::parse_from_date(decoder.message().from_line);
                break;
            case store::MboxDecoder::Status::text:
                decoded.messages.back().text += decoder.text();
                break;
            case store::MboxDecoder::Status::end:
                decoded.messages.back().end = decoder.message().end;
                decoded.messages.back().keywords = keywords_in(decoded.messages.back().text);
                break;
            case store::MboxDecoder::Status::foreign:
                decoded.foreign = true;
                return decoded;
        }
    }
}

// Whether store::MboxScanner, `piece` octets at a time, finds the same messages.
inline bool is_scanned_alike(std::string_view mbox, std::size_t piece, const DecodedMbox& decoded) {
    store::MboxScanner scanner;
    bool is_mbox = true;
    while (is_mbox && !mbox.empty()) {
        is_mbox = scanner.feed(mbox.substr(0, piece));
        mbox.remove_prefix(std::min(piece, mbox.size()));
    }
    if (!is_mbox || !scanner.finish()) return decoded.foreign;
    const auto alike = [](const store::MboxScanner::Message& scanned, const DecodedMbox::Message& message) {
        store::CrlfSize size;
        size.append(message.text);
        return scanned.offset == message.offset && scanned.size == size.crlf_size() &&
               scanned.received_at == message.date && store::keywords_of(scanned.status) == message.keywords;
    };
    return !decoded.foreign && std::ranges::equal(scanner.take(), decoded.messages, alike);
}

}  // namespace mailpipe::test
