#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/encoded_word.hpp"

namespace mailpipe::app {
namespace {

std::string_view encoding_name(mime::TransferEncoding encoding) {
    switch (encoding) {
        case mime::TransferEncoding::base64:
            return ", base64";
        case mime::TransferEncoding::quoted_printable:
            return ", quoted-printable";
        case mime::TransferEncoding::uuencode:
            return ", uuencode";
        default:
            return "";
    }
}

std::string describe(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    const std::string number = mime::part_number(tree, index);
    std::string out = number + (number.empty() ? "" : " ") + part.type.full();
    if (const auto charset = part.type.parameters.find("charset"); part.is_text() && !charset.empty())
        out += ", " + std::string(charset);
    if (!part.is_multipart()) out += encoding_name(part.encoding);
    if (!part.disposition.type.empty()) out += ", " + part.disposition.type;
    if (const auto name = mime::file_name(part); !name.empty()) out += ", \"" + std::string(name) + "\"";
    if (part.is_message()) {
        if (const mime::Field* subject = tree.parts[part.children[0]].header.find_last("Subject"))
            out += ", \"" + mime::decode_text(subject->value).text + "\"";
    }
    if (!part.is_multipart()) out += ", " + std::to_string(mime::decode_body(tree, part).size()) + " octets";
    return one_line(out);
}

// `below` stands before the lines of what is in the part. Recursion ends at kMimeDepth.
void draw(const mime::PartTree& tree, std::size_t index, const std::string& before, const std::string& below,
          std::string& out) {
    out += before + describe(tree, index) + "\n";
    const auto& children = tree.parts[index].children;
    for (std::size_t i = 0; i < children.size(); ++i) {
        const bool last = i + 1 == children.size();
        draw(tree, children[i], below + (last ? "└ " : "├ "), below + (last ? "  " : "│ "), out);
    }
}

}  // namespace

std::string structure_view(std::string_view message) {
    const mime::PartTree tree = mime::parse_parts(message);
    std::string out;
    draw(tree, 0, "", "", out);
    if (!tree.limits.empty()) out += limits_line(tree.limits) + "\n";
    return terminal_text(out, true);
}

}  // namespace mailpipe::app
