#include <algorithm>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/part_tree.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPartsNamed = 20;

std::string parts_there_are(const mime::PartTree& tree) {
    const auto indices = mime::numbered_parts(tree);
    std::string out;
    for (std::size_t i = 0; i < std::min(indices.size(), kPartsNamed); ++i) {
        out += (out.empty() ? "" : ", ") + mime::part_number(tree, indices[i]);
    }
    return indices.size() > kPartsNamed ? out + ", ..." : out;
}

bool is_binary(const mime::Part& part) {
    const mime::Field* field = part.header.find("Content-Transfer-Encoding");
    return field != nullptr && ascii::equals_ignore_case(ascii::trim(field->value), "binary");
}

std::string_view without_brackets(std::string_view id) {
    if (id.size() >= 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
    return id;
}

bool has_content_id(const mime::Part& part, std::string_view wanted) {
    const mime::Field* field = part.header.find("Content-ID");
    if (field == nullptr) return false;
    const auto ids = mime::parse_message_ids(field->value);
    return std::find(ids.begin(), ids.end(), wanted) != ids.end();
}

}  // namespace

Result<std::size_t> select_part(const mime::PartTree& tree, std::string_view selector) {
    if (const auto index = mime::find_part(tree, selector)) return *index;
    const auto numbered = mime::numbered_parts(tree);
    for (const std::size_t index : numbered) {
        if (has_content_id(tree.parts[index], without_brackets(selector))) return index;
    }
    for (const std::size_t index : numbered) {
        if (!selector.empty() && mime::file_name(tree.parts[index]) == selector) return index;
    }
    return fail(Errc::not_found,
                "there is no part " + std::string(selector) + "; the message has " + parts_there_are(tree));
}

std::string part_octets(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    if (part.encoding == mime::TransferEncoding::base64 || part.encoding == mime::TransferEncoding::uuencode ||
        is_binary(part))
        return mime::decode_body(tree, part);
    // Before it is decoded: a CRLF that quoted-printable spells out is no line end of the message.
    std::string body;
    wire::CrlfToLf mapper;
    mapper.append(tree.body(part), body);
    mapper.finish(body);
    return mime::decode_transfer(body, part.encoding);
}

}  // namespace mailpipe::app
