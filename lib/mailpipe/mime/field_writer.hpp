#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailpipe::mime {

// Lays out one header field: tokens with the white space in front of them, at which lines are folded.
class FieldWriter {
 public:
    static constexpr std::size_t kLine = 78;         // RFC 5322 section 2.1.1, what a line should not exceed
    static constexpr std::size_t kEncodedWord = 75;  // RFC 2047 section 2

    explicit FieldWriter(std::string_view name);

    std::string_view name() const { return std::string_view(out_).substr(0, name_size_); }

    // `blank` is one or more of SP and HTAB; a fold goes in front of it. The first token is never folded away
    // from the name, which some readers would take for an empty field.
    void put(std::string_view blank, std::string_view token);
    // The same without white space in front: it stays on the line.
    void append(std::string_view token);
    // UTF-8 text as encoded words, as many as it needs, cut between characters (RFC 2047 section 5).
    void put_encoded(std::string_view blank, std::string_view text);
    // "; name=value", quoted where need be; with charset UTF-8 and continued (RFC 2231) where need be.
    void put_parameter(std::string_view name, std::string_view value);

    // The field with its CRLF.
    std::string take();

 private:
    bool is_first() const { return out_.size() == name_size_ + 1; }

    std::string out_;
    std::size_t name_size_;
    std::size_t column_;
};

// quoted-string of RFC 5322 section 3.2.4.
std::string quote_string(std::string_view text);

}  // namespace mailpipe::mime
