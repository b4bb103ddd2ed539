#pragma once

#include <set>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::email {

// Collects the header fields that the properties of one JSON object stand for.
class HeaderFromJson {
 public:
    // `path` leads to the object, for errors: "bodyStructure/subParts/1".
    explicit HeaderFromJson(std::string path) : path_(std::move(path)) {}

    // messageId, from, subject, sentAt and the like of the Email object (RFC 8621 section 4.1.3); false when
    // `key` is none of them. A null adds nothing. Error data.
    Result<bool> add_convenience(const std::string& key, const Json& value);
    // "header:NAME...". Content-Type, Content-Disposition, Content-Transfer-Encoding and MIME-Version belong to
    // the builder; of an Email object, not of a part, all of Content-. Error data.
    Result<void> add_header_property(const std::string& key, const Json& value, bool is_part);
    // A field that is text. Error data.
    Result<void> add_text(const std::string& key, std::string_view name, const Json& value);
    Result<void> add_message_ids(const std::string& key, std::string_view name, const Json& value);

    bool has(std::string_view name) const;
    // Whole fields with CRLF, in the order in which they were added.
    std::string& fields() { return fields_; }

    // "bodyStructure/type: ..."
    Fail refuse(std::string_view key, std::string_view why) const;

 private:
    Result<void> claim(const std::string& key, std::string_view name);
    Result<void> add_field(const std::string& key, Result<std::string> field);

    std::string path_;
    std::string fields_;
    std::set<std::string> names_;  // lower case
};

}  // namespace mailpipe::email
