#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/preview.hpp"
#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::imap::server {
namespace {

bool is_selected(std::string_view name, const Section& section) {
    const bool listed =
        std::any_of(section.fields.begin(), section.fields.end(),
                    [name](const std::string& wanted) { return ascii::equals_ignore_case(wanted, name); });
    return listed == (section.text == Section::Text::header_fields);
}

// The parts that the numbers below `index` count: of a multipart its parts, of a message what is in it.
const mime::Part* child(const mime::PartTree& tree, const mime::Part& part, std::uint32_t number) {
    if (number == 0) return nullptr;
    if (part.is_multipart())
        return number <= part.children.size() ? &tree.parts[part.children[number - 1]] : nullptr;
    return number == 1 ? &part : nullptr;  // the body of a message that is no multipart
}

// "Every message has at least one part number" (RFC 9051 section 6.4.5.1). nullptr: there is none of that number.
const mime::Part* find_numbered(const mime::PartTree& tree, const std::vector<std::uint32_t>& numbers) {
    const mime::Part* message = &tree.parts[0];  // whose body the next number counts in
    const mime::Part* found = message;
    for (const std::uint32_t number : numbers) {
        if (message == nullptr) return nullptr;
        found = child(tree, *message, number);
        if (found == nullptr) return nullptr;
        message = found->is_multipart() ? found
                  : found->is_message() ? &tree.parts[found->children.front()]
                                        : nullptr;
    }
    return found;
}

}  // namespace

std::string select_fields(std::string_view header, const Section& section) {
    if (section.text != Section::Text::header_fields && section.text != Section::Text::header_fields_not)
        return std::string(header);
    std::string out;
    for (const mime::Field& field : mime::parse_header(header).fields) {
        if (!is_selected(field.name, section)) continue;
        out += header.substr(field.offset, field.length);
        if (!out.ends_with('\n')) out += "\r\n";
    }
    return out + "\r\n";
}

std::optional<std::string_view> find_section(const mime::PartTree& tree, const Section& section,
                                             std::string& storage) {
    using Text = Section::Text;
    const mime::Part* part = find_numbered(tree, section.part);
    if (part == nullptr) return std::nullopt;
    const bool root = section.part.empty();
    if (section.text == Text::whole) return root ? tree.message : tree.body(*part);
    if (section.text == Text::mime) {
        if (root) return std::nullopt;
        return tree.header(*part);
    }
    // "HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, and TEXT ... MUST NOT be prefixed by ... part specifiers unless [it]
    // refers to a part of type MESSAGE" (RFC 9051 section 6.4.5.1).
    if (!root) {
        if (!part->is_message()) return std::nullopt;
        part = &tree.parts[part->children.front()];
    }
    if (section.text == Text::text) return root ? tree.message.substr(part->body_begin) : tree.body(*part);
    if (section.text == Text::header) return tree.header(*part);
    storage = select_fields(tree.header(*part), section);
    return storage;
}

Result<std::optional<std::string>> decode_section(const mime::PartTree& tree, const Section& section) {
    using Decoded = std::optional<std::string>;
    const mime::Part* part = find_numbered(tree, section.part);
    if (part == nullptr) return Decoded();
    if (section.part.empty()) return Decoded(std::string(tree.message));
    if (part->is_multipart()) return Decoded(std::string(tree.body(*part)));
    if (part->encoding == mime::TransferEncoding::unknown)
        return fail(Errc::unsupported, "the Content-Transfer-Encoding of the part is not known");
    bool problem = false;
    std::string decoded = mime::decode_body(tree, *part, &problem);
    // What can still be read of a damaged part is more use than an error, unless that is nothing.
    if (problem && decoded.empty() && !tree.body(*part).empty())
        return fail(Errc::data, "the part is not in the encoding that its header names");
    return Decoded(std::move(decoded));
}

std::string make_preview(std::string_view message) {
    constexpr std::size_t kCharacters = 200;  // RFC 8970 section 3.1
    return email::make_preview(mime::parse_parts(message), kCharacters);
}

}  // namespace mailpipe::imap::server
