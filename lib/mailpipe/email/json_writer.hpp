#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// Writes JSON text as it goes, without a tree in memory: what a large listing, and `raw` of any size, need. The
// caller keeps the grammar (a key in front of each value of an object); commas come by themselves.
class MAILPIPE_EXPORT JsonWriter {
 public:
    using Sink = std::function<Result<void>(std::string_view)>;

    JsonWriter() = default;
    // Hands the text on in pieces of about 64 KiB, and what is left at finish().
    explicit JsonWriter(Sink sink) : sink_(std::move(sink)) {}
    // For a text of about so many octets.
    void reserve(std::size_t octets) { text_.reserve(octets); }

    void begin_object() { begin('{'); }
    void end_object() { end('}'); }
    void begin_array() { begin('['); }
    void end_array() { end(']'); }

    // Printable ASCII without quotation mark and backslash.
    void key(std::string_view name);
    void any_key(std::string_view name);  // any text

    // Octets that are not UTF-8 become U+FFFD; characters that terminal_text() would replace are written as escapes.
    void string(std::string_view utf8);
    void number(std::uint64_t value);
    void real(double value);  // finite
    void boolean(bool value);
    void null() { scalar("null"); }
    // A string of base64, from octets in pieces of any size.
    void begin_base64();
    void append_base64(std::string_view octets);
    void end_base64();
    // Members that another writer wrote, without the braces around them.
    void members(std::string_view json) { scalar(json); }

    // Ends the line of a record that is whole and hands it on, however short.
    void end_line();

    // The text so far, without what the sink has. A writer without a sink keeps all.
    std::string take() { return std::move(text_); }
    // The first error of the sink; nothing was handed on after it.
    Result<void> finish();

 private:
    void begin(char bracket);
    void end(char bracket);
    void scalar(std::string_view text);
    void separate();
    void quote(std::string_view utf8);
    void hand_on();
    void hand_all_on();

    Sink sink_;
    std::string text_;
    bool comma_due_ = false;
    Base64Encoder base64_;
    Result<void> state_;
};

}  // namespace mailpipe::email
