#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/mime/builder.hpp"

namespace mailpipe::email {

// The parts that an Email object describes, as email/message_from_json.hpp says.
class BodyFromJson {
 public:
    // `email` outlives this.
    explicit BodyFromJson(const Json& email) : email_(email) {}

    // The root, with the fields of its part only. Errors data.
    Result<mime::Entity> read();

 private:
    using Entities = std::vector<mime::Entity>;

    void collect_raw(const Json& part);
    Result<mime::Entity> read_part(const Json& part, const std::string& path, std::size_t depth);
    Result<void> read_properties(const Json& part, const std::string& path, mime::Entity& entity);
    Result<void> read_children(const Json& part, const std::string& path, std::size_t depth,
                               mime::Entity& entity);
    Result<void> read_content(const Json& part, const std::string& path, mime::Entity& entity);
    Result<void> read_value(const Json& value, const std::string& path, mime::Entity& entity);
    Result<Entities> read_list(const char* key, std::string_view only_type);
    Result<mime::Entity> read_lists();

    const Json& email_;
    std::map<std::string, const Json*> raw_;  // by partId
};

}  // namespace mailpipe::email
