#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "mailpipe/app/show/header_view.hpp"
#include "mailpipe/app/show/html_view.hpp"
#include "mailpipe/app/show/plain_text.hpp"
#include "mailpipe/app/show/report_view.hpp"
#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {
namespace {

void append(TextBlocks& blocks, TextBlocks&& more) {
    std::move(more.begin(), more.end(), std::back_inserter(blocks));
}

TextBlock line(std::string text, Tone tone = Tone::plain) {
    TextBlock block;
    block.text = std::move(text);
    block.tone = tone;
    return block;
}

TextBlocks part_blocks(const mime::PartTree& tree, const mime::Part& part, std::size_t width) {
    const std::string text = email::text_value(mime::decode_body(tree, part), part).text;
    if (part.type.subtype == "html") return html_blocks(text, width);
    if (part.type.subtype == "plain" &&
        ascii::equals_ignore_case(part.type.parameters.find("format"), "flowed")) {
        return flowed_blocks(text, ascii::equals_ignore_case(part.type.parameters.find("delsp"), "yes"));
    }
    return plain_blocks(text);
}

TextBlocks body_blocks(const mime::PartTree& tree, const std::vector<std::size_t>& indices, std::size_t width) {
    TextBlocks blocks;
    for (const std::size_t index : indices) {
        if (!tree.parts[index].is_text()) continue;
        TextBlocks part = part_blocks(tree, tree.parts[index], width);
        if (!blocks.empty() && !part.empty()) blocks.push_back(line(""));
        append(blocks, std::move(part));
    }
    return blocks;
}

std::string attachment_line(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    const std::string name(mime::file_name(part));
    return one_line(fmt::format("{:<6} {}{}{}, {} octets", mime::part_number(tree, index), name,
                                name.empty() ? "" : ", ", part.type.full(),
                                mime::decode_body(tree, part).size()));
}

// Attachments, and pictures that a mail reader would show within the text.
TextBlocks attachment_blocks(const mime::PartTree& tree, const email::BodyParts& selected) {
    std::vector<std::size_t> indices = selected.attachments;
    for (const std::size_t index : selected.text) {
        if (!tree.parts[index].is_text()) indices.push_back(index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    TextBlocks blocks;
    if (indices.empty()) return blocks;
    blocks.push_back(line(""));
    blocks.push_back(line("Attachments (--part writes one):", Tone::heading));
    for (const std::size_t index : indices) {
        TextBlock block = line(attachment_line(tree, index));
        block.indent = "  ";
        block.hang = "         ";
        blocks.push_back(std::move(block));
    }
    return blocks;
}

}  // namespace

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

std::string text_view(std::string_view message, const Look& look, const std::vector<std::string>& fields) {
    const mime::PartTree tree = mime::parse_parts(message);
    const email::BodyParts selected = email::select_body_parts(tree);
    TextBlocks blocks = chosen_fields(tree.parts[0].header, fields.empty() ? main_field_names() : fields);
    blocks.push_back(line(""));
    if (TextBlocks reports = report_blocks(tree); !reports.empty()) {
        append(blocks, std::move(reports));
        blocks.push_back(line(""));
    }
    TextBlocks body = body_blocks(tree, selected.text, look.width);
    if (std::all_of(body.begin(), body.end(), is_blank)) body = body_blocks(tree, selected.html, look.width);
    append(blocks, std::move(body));
    append(blocks, attachment_blocks(tree, selected));
    if (tree.limits_met) blocks.push_back(line("(what lies beyond the limits of the parser is missing)"));
    return lay_out(blocks, look);
}

std::string header_view(std::string_view header, const Look& look) {
    return lay_out(all_fields(mime::parse_header(header)), look);
}

}  // namespace mailpipe::app
