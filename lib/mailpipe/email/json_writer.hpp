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
    // Goes on behind `text`, in its memory: nothing is allocated for a record where there was one before.
    explicit JsonWriter(std::string text);
    // For a text of about so many octets.
    void reserve(std::size_t octets) { room(octets); }

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
    std::string take();
    // The first error of the sink; nothing was handed on after it.
    Result<void> finish();

 private:
    void begin(char bracket);
    void end(char bracket);
    void scalar(std::string_view text);
    void separate() {
        if (comma_due_) append(',');
        comma_due_ = true;
    }
    void append(char octet) {
        *room(1) = octet;
        ++used_;
    }
    void append(std::string_view octets);
    // Where the next octets go.
    char* room(std::size_t octets) {
        if (text_.size() - used_ < octets) grow(octets);
        return text_.data() + used_;
    }
    void grow(std::size_t octets);
    void quote(std::string_view utf8);
    std::size_t quote_special(std::string_view utf8);
    void hand_on();
    void hand_all_on();

    Sink sink_;
    // Longer than the text is: what is written of one octet or a few, as most is, costs a look at the room that is left.
    std::string text_;
    std::size_t used_ = 0;
    bool comma_due_ = false;
    Base64Encoder base64_;
    Result<void> state_;
};

}  // namespace mailpipe::email
