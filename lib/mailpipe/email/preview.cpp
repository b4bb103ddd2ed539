#include "mailpipe/email/preview.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/html_text.hpp"
#include "mailpipe/email/text_value.hpp"

namespace mailpipe::email {
namespace {

constexpr std::size_t kPreviewOctets = 16'384;  // of the text that it is made from
// Octets of a body that are decoded at first, and at most: three and a line end each for one of quoted-printable.
constexpr std::size_t kFirstPiece = 4'096;
constexpr std::size_t kLastPiece = 4 * kPreviewOctets;

std::string collapsed(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t characters = 0;
    bool space = false;
    while (!text.empty() && characters < most) {
        const std::size_t length = std::max<std::size_t>(utf8_sequence_length(text), 1);
        if (length == 1 && (ascii::is_space(text[0]) || ascii::is_control(text[0]))) {
            space = !out.empty();
        } else {
            if (space && ++characters == most) break;
            if (space) out += ' ';
            space = false;
            out += text.substr(0, length);
            ++characters;
        }
        text.remove_prefix(length);
    }
    return out;
}

std::size_t count_characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string preview_of_part(const mime::PartTree& tree, const mime::Part& part, std::size_t octets,
                            std::size_t characters) {
    mime::PartTree cut{tree.message, {}, {}};
    mime::Part shorter;
    shorter.type = part.type;
    shorter.encoding = part.encoding;
    shorter.body_begin = part.body_begin;
    shorter.body_end = std::min(part.body_end, part.body_begin + octets);
    const std::string decoded = mime::decode_body(cut, shorter);
    return preview_of(text_value(decoded, part).text, part.type.subtype == "html", characters);
}

}  // namespace

std::string preview_of(std::string_view text, bool html, std::size_t characters) {
    const std::string_view beginning = utf8_prefix(text, kPreviewOctets);
    return html ? collapsed(html_text(beginning), characters) : collapsed(beginning, characters);
}

std::string make_preview(const mime::PartTree& tree, std::size_t characters) {
    // What is cut is not read right at its end: an escape, a character, a tag.
    constexpr std::size_t kMargin = 64;
    for (const std::size_t index : select_body_parts(tree).text) {
        const mime::Part& part = tree.parts[index];
        if (!part.is_text()) continue;
        if (tree.body(part).size() > kFirstPiece && part.encoding != mime::TransferEncoding::uuencode) {
            const std::string longer = preview_of_part(tree, part, kFirstPiece, characters + kMargin);
            if (count_characters(longer) >= characters + kMargin / 2) return collapsed(longer, characters);
        }
        return preview_of_part(tree, part, kLastPiece, characters);
    }
    return "";
}

}  // namespace mailpipe::email
