#include <algorithm>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
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

}  // namespace

Result<std::string> part_octets(std::string_view message, std::string_view number) {
    const mime::PartTree tree = mime::parse_parts(message);
    const auto index = mime::find_part(tree, number);
    if (!index) {
        return fail(Errc::not_found,
                    "there is no part " + std::string(number) + "; the message has " + parts_there_are(tree));
    }
    const mime::Part& part = tree.parts[*index];
    if (part.encoding == mime::TransferEncoding::base64 || is_binary(part))
        return mime::decode_body(tree, part);
    // Before it is decoded: a CRLF that quoted-printable spells out is no line end of the message.
    std::string body;
    wire::CrlfToLf mapper;
    mapper.append(tree.body(part), body);
    mapper.finish(body);
    return mime::decode_transfer(body, part.encoding);
}

bool is_part_number(std::string_view text) {
    const auto pieces = ascii::split(text, '.');
    return std::all_of(pieces.begin(), pieces.end(), [](std::string_view piece) {
        return !piece.empty() && piece[0] != '0' && std::all_of(piece.begin(), piece.end(), ascii::is_digit);
    });
}

}  // namespace mailpipe::app
