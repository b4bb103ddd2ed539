#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

// HTML cut into tags and text: what a mail needs of section 13.2.5 of the HTML standard. Comments, declarations and
// the contents of elements that are never shown (script, style, title, template, iframe and their like) are left out.
namespace mailpipe::email {

struct HtmlToken {
    enum class Kind { text, start_tag, end_tag };
    Kind kind = Kind::text;
    std::string name;             // of a tag, in lower case
    std::string_view text;        // of text, with its character references; never empty
    std::string_view attributes;  // of a start tag, as they are written
};

class MAILPIPE_EXPORT HtmlTokenizer {
 public:
    // `html` must outlive this. Any octets; linear.
    explicit HtmlTokenizer(std::string_view html) : html_(html) {}
    // False at the end.
    bool next(HtmlToken& token);

 private:
    bool markup(HtmlToken& token);
    bool tag(HtmlToken& token);
    std::size_t tag_end(std::size_t from) const;
    void skip_contents(std::string_view name);

    std::string_view html_;
    std::size_t at_ = 0;
};

// The value of an attribute, with its character references decoded; "" for one without a value.
std::optional<std::string> html_attribute(std::string_view attributes, std::string_view name);

}  // namespace mailpipe::email
