#pragma once

#include <optional>
#include <string>
#include <string_view>

// Transfer encodings of protocol elements. Those of message bodies live in mime/.
namespace mailpipe {

// RFC 4648 section 4, with padding, without line breaks.
std::string encode_base64(std::string_view octets);

// Strict: nullopt for a character outside the alphabet, wrong or missing padding, or bits set after the end.
std::optional<std::string> decode_base64(std::string_view text);

// Lower-case hexadecimal.
std::string encode_hex(std::string_view octets);

// RFC 3986 section 2.1. Keeps ALPHA, DIGIT, "-._~" and the octets of `also_kept`.
std::string encode_percent(std::string_view octets, std::string_view also_kept = "");

// nullopt for an incomplete or non-hexadecimal escape.
std::optional<std::string> decode_percent(std::string_view text);

// Streams octets to base64 in pieces of any size: only `finish` writes padding.
class Base64Encoder {
 public:
    void append(std::string_view octets, std::string& out);
    void finish(std::string& out);

 private:
    std::string carry_;  // 0 to 2 octets
};

}  // namespace mailpipe
