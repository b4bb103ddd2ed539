#include "mailpipe/store/mbox_scan.hpp"

#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mbox_format.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 1 << 20;

}  // namespace

Result<std::vector<Entry>> scan_mbox(int fd, const std::string& path) {
    std::vector<Entry> entries;
    MboxDecoder decoder(0);
    MboxMessageScan scan;
    std::string piece(kPiece, '\0');
    std::uint64_t offset = 0;
    bool eof = false;
    while (true) {
        switch (decoder.next()) {
            case MboxDecoder::Status::need_input: {
                if (eof) return entries;
                auto count = read_at(fd, piece.data(), piece.size(), offset, path);
                if (!count) return tl::unexpected(count.error());
                offset += *count;
                eof = *count == 0;
                if (eof) decoder.feed_eof();
                if (!eof) decoder.feed(std::string_view(piece).substr(0, *count));
                break;
            }
            case MboxDecoder::Status::begin:
                scan = {};
                break;
            case MboxDecoder::Status::text:
                scan.append(decoder.text());
                break;
            case MboxDecoder::Status::end: {
                const auto& message = decoder.message();
                entries.push_back({std::to_string(message.offset), scan.keywords(), scan.crlf_size(),
                                   parse_from_date(message.from_line)});
                break;
            }
            case MboxDecoder::Status::foreign:
                return fail(Errc::data, path + ": is not an mbox: it does not begin with \"From \"");
        }
    }
}

}  // namespace mailpipe::store
