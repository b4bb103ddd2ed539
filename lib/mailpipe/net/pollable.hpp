#pragma once

#include "mailpipe/net/stream.hpp"

// For poll(2) on several streams.
namespace mailpipe::net {

// Readable when a read() may have something to return, besides what it holds already.
int descriptor_of(const Stream& stream);
// Whether a read() returns at once what it holds.
bool has_read_ahead(const Stream& stream);

}  // namespace mailpipe::net
