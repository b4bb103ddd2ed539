#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::wire {

// Both directions of a connection under DEFLATE (RFC 1951), as COMPRESS of IMAP has it (RFC 4978): raw streams that
// have no end.
class Deflate {
 public:
    Deflate();
    ~Deflate();
    Deflate(const Deflate&) = delete;
    Deflate& operator=(const Deflate&) = delete;

    // For the peer, which can read all of it at once.
    std::string compress(std::string_view octets);
    // From the peer; kept until inflate() takes it.
    void feed(std::string_view compressed);
    // At most 64 KiB of what the peer has sent, so that what grows a thousandfold is never whole in memory; empty: more
    // is to be fed. Error protocol: it is no DEFLATE, or it ends.
    Result<std::string> inflate();

 private:
    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::string compressed_;  // from the peer
    bool more_ = false;       // zlib holds back what had no room
};

}  // namespace mailpipe::wire
