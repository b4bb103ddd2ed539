#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

// Content-Transfer-Encoding (RFC 2045 section 6).
namespace mailpipe::mime {

// uuencode goes by the names x-uuencode and x-uue; decode_body() knows it, a TransferDecoder does not.
enum class TransferEncoding { identity, base64, quoted_printable, uuencode, unknown };

// `value` is the raw field value; an absent field is 7bit. 7bit, 8bit and binary are identity.
MAILPIPE_EXPORT TransferEncoding parse_transfer_encoding(std::string_view value);

// Decodes text given in pieces of any size. Never fails: what is no base64 is skipped, a malformed "=" escape
// is kept as it is, an unknown encoding is passed through; each sets `problem`.
class MAILPIPE_EXPORT TransferDecoder {
 public:
    explicit TransferDecoder(TransferEncoding encoding);

    void append(std::string_view text, std::string& out);
    void finish(std::string& out);
    bool problem() const { return problem_; }

 private:
    void append_base64(std::string_view text, std::string& out);
    void append_quoted_printable(std::string_view text, std::string& out);
    void quoted_printable_char(char c, std::string& out);
    std::size_t flush_group(char* out);

    TransferEncoding encoding_;
    bool problem_ = false;
    std::uint32_t bits_ = 0;  // base64: sextets of an incomplete group
    int sextets_ = 0;
    std::string held_;  // quoted-printable: an incomplete escape, or white space that may end its line
};

// The whole of `text` at once.
MAILPIPE_EXPORT std::string decode_transfer(std::string_view text, TransferEncoding encoding,
                                            bool* problem = nullptr);

}  // namespace mailpipe::mime
