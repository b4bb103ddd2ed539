#include "mailpipe/email/body_from_json.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/email/header_from_json.hpp"

namespace mailpipe::email {
namespace {

constexpr std::array<const char*, 3> kLists{"textBody", "htmlBody", "attachments"};

Fail refuse(const std::string& path, std::string_view why) {
    return fail(Errc::data, path + ": " + std::string(why));
}

bool is_given(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
}

Result<std::string> text_of(const Json& object, const char* key, const std::string& path) {
    if (!is_given(object, key)) return std::string();
    const Json& value = object[key];
    if (!value.is_string()) return refuse(path + "/" + key, "not a string");
    return value.get<std::string>();
}

bool is_true(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

void set_parameter(mime::ParameterList& list, const std::string& name, const std::string& value) {
    list.parameters.push_back({name, value, value});
}

std::string to_crlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
        out += text[i];
    }
    return out;
}

mime::Entity multipart(const char* subtype, std::vector<mime::Entity> children) {
    if (children.size() == 1) return std::move(children.front());
    mime::Entity entity;
    entity.type.type = "multipart";
    entity.type.subtype = subtype;
    entity.children = std::move(children);
    return entity;
}

bool has_content_id(const mime::Entity& entity) {
    return ascii::starts_with_ignore_case(entity.fields, "Content-ID:") ||
           ascii::to_lower(entity.fields).find("\r\ncontent-id:") != std::string::npos;
}

}  // namespace

Result<mime::Entity> BodyFromJson::read() {
    if (is_given(email_, "bodyStructure")) collect_raw(email_["bodyStructure"]);
    for (const char* list : kLists) {
        if (!is_given(email_, list)) continue;
        if (!email_[list].is_array()) return refuse(list, "not an array of parts");
        for (const Json& part : email_[list])
            collect_raw(part);
    }
    if (is_given(email_, "bodyStructure")) return read_part(email_["bodyStructure"], "bodyStructure", 0);
    return read_lists();
}

// Iterative: what is nested too deep is refused when it is read.
void BodyFromJson::collect_raw(const Json& part) {
    std::vector<const Json*> stack{&part};
    while (!stack.empty()) {
        const Json& next = *stack.back();
        stack.pop_back();
        if (!next.is_object()) continue;
        if (next.contains("raw") && next.contains("partId") && next["partId"].is_string())
            raw_.try_emplace(next["partId"].get<std::string>(), &next["raw"]);
        if (!next.contains("subParts") || !next["subParts"].is_array()) continue;
        for (const Json& child : next["subParts"])
            stack.push_back(&child);
    }
}

Result<mime::Entity> BodyFromJson::read_part(const Json& part, const std::string& path, std::size_t depth) {
    if (!part.is_object()) return refuse(path, "not an object");
    if (depth >= limits::kMimeDepth) return refuse(path, "nested deeper than kMimeDepth (100)");
    mime::Entity entity;
    const bool has_children = is_given(part, "subParts");
    auto type = text_of(part, "type", path);
    if (!type) return tl::unexpected(type.error());
    if (type->empty()) *type = has_children ? "multipart/mixed" : "text/plain";
    const auto slash = type->find('/');
    if (slash == std::string::npos || !mime::is_token(std::string_view(*type).substr(0, slash)) ||
        !mime::is_token(std::string_view(*type).substr(slash + 1)))
        return refuse(path + "/type", "not TYPE/SUBTYPE");
    entity.type.type = ascii::to_lower(type->substr(0, slash));
    entity.type.subtype = ascii::to_lower(type->substr(slash + 1));
    if (has_children != entity.is_multipart())
        return refuse(path, "subParts belong to a multipart, and only to one");
    auto filled = has_children ? read_children(part, path, depth, entity) : read_content(part, path, entity);
    if (filled) filled = read_properties(part, path, entity);
    if (!filled) return tl::unexpected(filled.error());
    return entity;
}

Result<void> BodyFromJson::read_properties(const Json& part, const std::string& path, mime::Entity& entity) {
    static const std::set<std::string_view> kElsewhere{"type", "charset", "size", "partId", "subParts", "raw"};
    HeaderFromJson header(path);
    for (auto item = part.begin(); item != part.end(); ++item) {
        const std::string& key = item.key();
        if (kElsewhere.contains(key) || item.value().is_null()) continue;
        Result<void> added;
        if (key == "cid") {
            added = header.add_message_ids(key, "Content-ID", Json::array({item.value()}));
        } else if (key == "location") {
            added = header.add_text(key, "Content-Location", item.value());
        } else if (key == "language") {
            std::string tags;
            if (!item.value().is_array()) return header.refuse(key, "not an array of strings");
            for (const Json& tag : item.value()) {
                if (!tag.is_string()) return header.refuse(key, "not an array of strings");
                tags += (tags.empty() ? "" : ", ") + tag.get<std::string>();
            }
            added = header.add_text(key, "Content-Language", tags);
        } else if (key == "name" || key == "disposition") {
            auto text = text_of(part, key.c_str(), path);
            if (!text) return tl::unexpected(text.error());
            if (key == "disposition" && !mime::is_token(*text)) return header.refuse(key, "not a token");
            if (key == "disposition") entity.disposition.type = ascii::to_lower(*text);
        } else if (is_header_property(key)) {
            added = header.add_header_property(key, item.value(), true);
        } else if (key == "blobId") {
            return header.refuse(key, "there are no blobs here; give the octets in raw");
        } else {
            return header.refuse(key, "no property of a part");
        }
        if (!added) return added;
    }
    entity.fields = std::move(header.fields());
    auto name = text_of(part, "name", path);
    if (!name) return tl::unexpected(name.error());
    if (!name->empty()) {
        mime::ParameterList& list =
            entity.disposition.type.empty() ? entity.type.parameters : entity.disposition.parameters;
        set_parameter(list, entity.disposition.type.empty() ? "name" : "filename", *name);
    }
    return {};
}

Result<void> BodyFromJson::read_children(const Json& part, const std::string& path, std::size_t depth,
                                         mime::Entity& entity) {
    const Json& children = part["subParts"];
    if (!children.is_array() || children.empty()) return refuse(path + "/subParts", "not an array with parts");
    for (std::size_t i = 0; i < children.size(); ++i) {
        auto child = read_part(children[i], path + "/subParts/" + std::to_string(i), depth + 1);
        if (!child) return tl::unexpected(child.error());
        entity.children.push_back(std::move(*child));
    }
    return {};
}

Result<void> BodyFromJson::read_content(const Json& part, const std::string& path, mime::Entity& entity) {
    const Json* raw = is_given(part, "raw") ? &part["raw"] : nullptr;
    auto id = text_of(part, "partId", path);
    if (!id) return tl::unexpected(id.error());
    if (raw == nullptr && raw_.contains(*id)) raw = raw_.at(*id);
    if (raw != nullptr) {
        auto charset = text_of(part, "charset", path);
        if (!charset) return tl::unexpected(charset.error());
        const auto octets = raw->is_string() ? decode_base64(raw->get_ref<const std::string&>()) : std::nullopt;
        if (!octets) return refuse(path + "/raw", "not base64");
        entity.body = *octets;
        if (!charset->empty()) set_parameter(entity.type.parameters, "charset", *charset);
        return {};
    }
    const bool has_value = is_given(email_, "bodyValues") && email_["bodyValues"].is_object() &&
                           email_["bodyValues"].contains(*id);
    if (!has_value) {
        return refuse(path,
                      "no content: neither raw nor a value in bodyValues (mail-show --json --attachments "
                      "writes both)");
    }
    return read_value(email_["bodyValues"][*id], "bodyValues/" + *id, entity);
}

Result<void> BodyFromJson::read_value(const Json& value, const std::string& path, mime::Entity& entity) {
    if (!value.is_object() || !value.contains("value") || !value["value"].is_string())
        return refuse(path, "not {\"value\": STRING}");
    if (is_true(value, "isTruncated")) return refuse(path, "isTruncated: the rest of the text is missing");
    if (is_true(value, "isEncodingProblem"))
        return refuse(path, "isEncodingProblem: the text is not what was sent; give the part's raw");
    if (entity.type.type != "text") return refuse(path, "a value is for text only; give the octets in raw");
    entity.body = to_crlf(value["value"].get_ref<const std::string&>());
    set_parameter(entity.type.parameters, "charset", ascii::is_ascii(entity.body) ? "us-ascii" : "utf-8");
    return {};
}

Result<BodyFromJson::Entities> BodyFromJson::read_list(const char* key, std::string_view only_type) {
    Entities entities;
    if (!is_given(email_, key)) return entities;
    for (std::size_t i = 0; i < email_[key].size(); ++i) {
        const Json& part = email_[key][i];
        const std::string path = std::string(key) + "/" + std::to_string(i);
        auto entity = read_part(part, path, 0);
        if (!entity) return tl::unexpected(entity.error());
        if (!only_type.empty() && entity->type.full() != only_type)
            return refuse(path, "without bodyStructure only " + std::string(only_type) + " can stand here");
        entities.push_back(std::move(*entity));
    }
    return entities;
}

// RFC 8621 section 4.6 leaves the structure to us: the texts are alternatives, what the HTML refers to goes with
// it (RFC 2387), the rest is beside both.
Result<mime::Entity> BodyFromJson::read_lists() {
    auto text = read_list("textBody", "text/plain");
    if (!text) return tl::unexpected(text.error());
    auto html = read_list("htmlBody", "text/html");
    if (!html) return tl::unexpected(html.error());
    auto attachments = read_list("attachments", "");
    if (!attachments) return tl::unexpected(attachments.error());
    const auto others =
        std::stable_partition(attachments->begin(), attachments->end(), [&](const mime::Entity& entity) {
            return !html->empty() && entity.disposition.type == "inline" && has_content_id(entity);
        });
    Entities alternatives;
    if (!text->empty()) alternatives.push_back(multipart("mixed", std::move(*text)));
    if (!html->empty()) {
        Entities related{multipart("mixed", std::move(*html))};
        std::move(attachments->begin(), others, std::back_inserter(related));
        alternatives.push_back(multipart("related", std::move(related)));
    }
    Entities parts;
    if (!alternatives.empty()) parts.push_back(multipart("alternative", std::move(alternatives)));
    std::move(others, attachments->end(), std::back_inserter(parts));
    if (parts.empty()) return mime::Entity{};
    return multipart("mixed", std::move(parts));
}

}  // namespace mailpipe::email
