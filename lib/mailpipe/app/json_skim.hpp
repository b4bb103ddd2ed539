#pragma once

#include <string_view>
#include <vector>

namespace mailpipe::app {

struct JsonMember {
    std::string_view key;    // without its quotation marks
    std::string_view value;  // as it stands in the text, a string with its quotation marks
};

// The members of one JSON object, in order, without a tree of what they hold: a record of a listing has much more in it
// than most readers ask for. true: the text is JSON (RFC 8259). false says nothing: it may be wrong, or only unusual (an
// escape in a key, "\u", a fraction, more than 64 levels), and a whole parser has to look at it. The views are into `text`.
bool skim_json_object(std::string_view text, std::vector<JsonMember>& members);

}  // namespace mailpipe::app
