#include "mailpipe/email/report_fields.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/encoded_word.hpp"

namespace mailpipe::email {
namespace {

std::string field_value(const mime::Field& field) {
    std::string text = mime::decode_text(field.value).text;
    std::replace_if(
        text.begin(), text.end(), [](char c) { return ascii::is_space(c); }, ' ');
    return std::string(ascii::trim(text));
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::vector<mime::Header> parse_field_groups(std::string_view text) {
    std::vector<mime::Header> groups;
    while (!text.empty()) {
        mime::Header group = mime::parse_header(text);
        // Nothing is a field here: on with the next line.
        std::size_t used = group.size;
        if (used == 0) used = std::min(first_line(text).size() + 1, text.size());
        if (!group.fields.empty()) groups.push_back(std::move(group));
        text.remove_prefix(used);
    }
    return groups;
}

std::string report_field(const mime::Header& group, std::string_view name) {
    const mime::Field* field = group.find(name);
    return field == nullptr ? std::string() : field_value(*field);
}

std::vector<std::string> report_fields(const mime::Header& group, std::string_view name) {
    std::vector<std::string> values;
    for (const mime::Field& field : group.fields) {
        if (ascii::equals_ignore_case(field.name, name)) values.push_back(field_value(field));
    }
    return values;
}

TypedValue parse_typed_value(std::string_view text) {
    TypedValue out;
    if (const std::size_t end = text.find(';'); end != std::string_view::npos) {
        out.type = ascii::to_lower(ascii::trim(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    text = ascii::trim(text);
    if (text.size() > 1 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
    out.value = text;
    return out;
}

}  // namespace mailpipe::email
