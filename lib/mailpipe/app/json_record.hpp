#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

// Finds the value of the key "raw" of the outermost object in JSON text that comes in pieces, or the end of the
// line. It judges nothing else: a line end cannot stand inside of JSON, and the parser sees the rest.
class RawFinder {
 public:
    enum class Found { nothing, raw, line_end };
    // Stops behind the quotation mark that begins the value of raw, or before the line end; `consumed` says
    // where.
    Found feed(std::string_view text, std::size_t& consumed);
    // Octets before the quotation mark that begins the key "raw".
    std::size_t key_offset() const { return key_offset_; }

 private:
    enum class State { structure, string, escape, after_key };
    void on_structure(char c);

    State state_ = State::structure;
    int depth_ = 0;
    bool key_expected_ = false;
    bool in_key_ = false;
    bool colon_seen_ = false;
    std::string key_;
    std::size_t offset_ = 0;
    std::size_t string_offset_ = 0;
    std::size_t key_offset_ = 0;
};

struct JsonRecord {
    email::Context context;
    std::optional<std::string> raw;  // base64, where the text held it
};
// One JSON object. Errors: data.
Result<JsonRecord> parse_json_record(std::string_view text);

// Base64 inside of a JSON string, in pieces of any size: "\/" and "\u00XX" are undone.
class JsonBase64Decoder {
 public:
    // Errors: data.
    Result<void> append(std::string_view text, std::string& out);
    Result<void> finish();  // the last group must be whole

 private:
    bool unescape(char c);
    std::string escape_;  // an escape that is not complete yet, with its backslash
    std::string group_;   // characters not decoded yet
    bool ended_ = false;  // after padding
};

}  // namespace mailpipe::app
