#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/response.hpp"

namespace mailpipe::imap {

// A value of a response: nstring of RFC 3501 section 9.
struct NString {
    enum class Kind { nil, text, streamed };
    Kind kind = Kind::nil;
    std::string text;
};

// Reads the elements of one response from left to right. Every failure is an Error protocol (limit for
// kImapNesting) that names the rule and the offset in the text.
class Tokens {
 public:
    // `response` must outlive the Tokens; reading starts at `offset` of its text.
    explicit Tokens(const Response& response, std::size_t offset = 0) : response_(response), at_(offset) {}

    bool at_end() const { return at_ == response_.text.size(); }
    std::size_t offset() const { return at_; }
    std::string_view rest() const { return std::string_view(response_.text).substr(at_); }

    bool take(char c);
    Result<void> expect(char c, std::string_view rule);

    // 1*ATOM-CHAR, and also "\", "*", "%", "]" as in flags and patterns.
    Result<std::string_view> atom(std::string_view rule);
    Result<std::uint32_t> number(std::string_view rule);
    Result<std::uint32_t> nz_number(std::string_view rule);
    Result<std::uint64_t> number64(std::string_view rule);
    Result<NString> nstring(std::string_view rule);
    // The name of a FETCH item with its section: BODY[HEADER.FIELDS ("To")]<0>.
    Result<std::string_view> item_name();
    // Any value: atom, string, or list of values nested up to kImapNesting.
    Result<void> skip_value();

 private:
    Result<std::string> quoted(std::string_view rule);
    Result<NString> literal(std::string_view rule);
    Fail expected(std::string_view rule) const;

    const Response& response_;
    std::size_t at_;
    std::size_t next_literal_ = 0;
};

// The length of the marker "{n}" or "~{n}" that the text starts with; 0 when it does not.
std::size_t literal_marker_length(std::string_view text);

}  // namespace mailpipe::imap
