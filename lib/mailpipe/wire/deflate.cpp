#include "mailpipe/wire/deflate.hpp"

#include <zlib.h>

#include <cstdlib>

namespace mailpipe::wire {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kRawWindow = -15;  // no header of zlib, 32 KiB of window
constexpr int kMemory = 8;

Bytef* octets_of(std::string& text) {
    return reinterpret_cast<Bytef*>(text.data());
}

}  // namespace

struct Deflate::Streams {
    Streams() {
        const bool made = ::deflateInit2(&out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindow, kMemory,
                                         Z_DEFAULT_STRATEGY) == Z_OK &&
                          ::inflateInit2(&in, kRawWindow) == Z_OK;
        if (!made) std::abort();  // out of memory
    }
    ~Streams() {
        ::deflateEnd(&out);
        ::inflateEnd(&in);
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    z_stream out{};
    z_stream in{};
};

Deflate::Deflate() : streams_(std::make_unique<Streams>()) {}
Deflate::~Deflate() = default;

std::string Deflate::compress(std::string_view octets) {
    z_stream& out = streams_->out;
    std::string given(octets);
    out.next_in = octets_of(given);
    out.avail_in = static_cast<uInt>(given.size());
    std::string all;
    std::string piece(kPiece, '\0');
    do {
        out.next_out = octets_of(piece);
        out.avail_out = static_cast<uInt>(piece.size());
        if (::deflate(&out, Z_SYNC_FLUSH) == Z_STREAM_ERROR) std::abort();
        all.append(piece, 0, piece.size() - out.avail_out);
    } while (out.avail_out == 0);
    return all;
}

void Deflate::feed(std::string_view compressed) {
    compressed_ += compressed;
}

Result<std::string> Deflate::inflate() {
    if (compressed_.empty() && !more_) return std::string();
    z_stream& in = streams_->in;
    in.next_in = octets_of(compressed_);
    in.avail_in = static_cast<uInt>(compressed_.size());
    std::string piece(kPiece, '\0');
    in.next_out = octets_of(piece);
    in.avail_out = static_cast<uInt>(piece.size());
    const int status = ::inflate(&in, Z_SYNC_FLUSH);
    if (status == Z_STREAM_END) return fail(Errc::protocol, "the compressed stream of the server ends");
    // Z_BUF_ERROR: nothing was held back.
    if (status != Z_OK && status != Z_BUF_ERROR)
        return fail(Errc::protocol, "what the server sends is not compressed by DEFLATE");
    compressed_.erase(0, compressed_.size() - in.avail_in);
    piece.resize(piece.size() - in.avail_out);
    more_ = in.avail_out == 0;
    return piece;
}

}  // namespace mailpipe::wire
