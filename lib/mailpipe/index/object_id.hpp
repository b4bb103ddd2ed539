#pragma once

#include <string>
#include <string_view>

namespace mailpipe::index {

// OBJECTIDs (RFC 8474): a letter and 24 characters A-Z a-z 0-9 - _.
std::string object_id_of(char letter, std::string_view octets);  // always the same
std::string random_object_id(char letter);

// The first 16 octets of its SHA-256.
std::string short_hash(std::string_view octets);

}  // namespace mailpipe::index
