#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/server/number_set.hpp"

namespace mailpipe::imap::server {

// A command as it was framed: its lines joined without their CRLF, each literal cut out behind its marker.
struct CommandText {
    struct Literal {
        std::size_t behind = 0;  // offset in `text` right behind its marker
        std::size_t marker = 0;  // length of the marker
        std::string octets;
        bool binary = false;
    };
    std::string text;
    std::vector<Literal> literals;

    void clear();  // wiped: passwords pass through here
};

// Reads a command from left to right, strictly: one space where the grammar has one. Every failure is an Error protocol
// (limit for a limit) that names the rule and the offset.
class CommandReader {
 public:
    // `command` must outlive the reader. With `utf8` quoted strings and mailbox names are UTF-8 (RFC 6855, RFC 9051).
    CommandReader(const CommandText& command, std::size_t offset, bool utf8);

    bool at_end() const { return at_ == command_.text.size(); }
    std::size_t offset() const { return at_; }
    std::string_view rest() const { return std::string_view(command_.text).substr(at_); }
    bool utf8() const { return utf8_; }
    Fail expected(std::string_view rule) const;

    void skip(std::size_t octets) { at_ += octets; }
    bool take(char c);
    bool take_word(std::string_view word);  // in any case, before a delimiter
    Result<void> expect(char c, std::string_view rule);
    Result<void> space() { return expect(' ', "SP"); }
    Result<void> end();

    Result<std::string_view> atom(std::string_view rule);
    // An atom in upper case.
    Result<std::string> keyword(std::string_view rule);
    Result<std::string> astring(std::string_view rule);
    Result<std::string> string(std::string_view rule);
    Result<std::optional<std::string>> nstring(std::string_view rule, bool binary = false);
    Result<std::string> quoted(std::string_view rule);
    Result<std::uint32_t> number(std::string_view rule);
    Result<std::uint32_t> nz_number(std::string_view rule);
    Result<std::uint64_t> number64(std::string_view rule);  // 63 bits

    Result<std::string> mailbox();           // never empty
    Result<std::string> mailbox_or_empty();  // "" allowed
    Result<std::string> list_pattern();      // list-mailbox
    Result<NumberSet> sequence_set();
    // Of one sign, "1:100" or "-1:-100" (RFC 9394 section 3.1).
    Result<std::pair<std::int64_t, std::int64_t>> partial_range();
    Result<std::string> flag();
    Result<std::vector<std::string>> flag_list();  // in parentheses, may be empty
    Result<std::time_t> date_time();
    // The criteria of SEARCH up to the end, with literals in place as "{n}CRLF...".
    std::string rest_with_literals();

 private:
    Result<std::string> literal(std::string_view rule, bool binary);
    Result<std::string> decode_mailbox(Result<std::string> name, std::size_t start) const;

    const CommandText& command_;
    std::size_t at_;
    bool utf8_;
    std::size_t next_literal_ = 0;
};

}  // namespace mailpipe::imap::server
