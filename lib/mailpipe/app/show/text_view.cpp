#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mailpipe/app/show/header_view.hpp"
#include "mailpipe/app/show/html_view.hpp"
#include "mailpipe/app/show/plain_text.hpp"
#include "mailpipe/app/show/report_view.hpp"
#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/inline_file.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {
namespace {

TextBlock line(std::string text, Tone tone = Tone::plain) {
    TextBlock block;
    block.text = std::move(text);
    block.tone = tone;
    return block;
}

// Text, with a line in place of each file that stands in it.
void add_plain(std::string_view text, const BlockSink& add) {
    std::size_t at = 0;
    for (const mime::InlineFile& file : mime::find_inline_files(text)) {
        plain_blocks(text.substr(at, file.begin - at), add);
        add(line("(here stands the file \"" + std::string(file.name) + "\"; --extract writes it)"));
        at = file.end;
    }
    plain_blocks(text.substr(at), add);
}

void add_part(const mime::PartTree& tree, const mime::Part& part, std::size_t width, const BlockSink& add) {
    const std::string text = email::text_value(mime::decode_body(tree, part), part).text;
    if (part.type.subtype == "html") {
        for (TextBlock& block : html_blocks(text, width))
            add(std::move(block));
    } else if (part.type.subtype == "plain" &&
               ascii::equals_ignore_case(part.type.parameters.find("format"), "flowed")) {
        flowed_blocks(text, ascii::equals_ignore_case(part.type.parameters.find("delsp"), "yes"), add);
    } else if (part.type.subtype == "plain") {
        add_plain(text, add);
    } else {
        plain_blocks(text, add);
    }
}

// Whether there is anything to read in it.
bool add_body(const mime::PartTree& tree, const std::vector<std::size_t>& indices, const Look& look,
              Layout& layout) {
    bool is_begun = false;
    bool between_parts = false;
    bool says_something = false;
    for (const std::size_t index : indices) {
        if (!tree.parts[index].is_text()) continue;
        between_parts = is_begun;
        add_part(tree, tree.parts[index], look.width, [&](const TextBlock& block) {
            if (std::exchange(between_parts, false)) layout.add(line(""));
            layout.add(block);
            is_begun = true;
            says_something = says_something || !is_blank(block);
        });
    }
    return says_something;
}

std::string attachment_line(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    const std::string name(mime::file_name(part));
    return one_line(fmt::format("{:<6} {}{}{}, {} octets", mime::part_number(tree, index), name,
                                name.empty() ? "" : ", ", part.type.full(),
                                mime::decode_body(tree, part).size()));
}

// Attachments, and pictures that a mail reader would show within the text.
void add_attachments(const mime::PartTree& tree, const email::BodyParts& selected, Layout& layout) {
    std::vector<std::size_t> indices = selected.attachments;
    for (const std::size_t index : selected.text) {
        if (!tree.parts[index].is_text()) indices.push_back(index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    if (indices.empty()) return;
    layout.add(line(""));
    layout.add(line("Attachments (--part writes one):", Tone::heading));
    for (const std::size_t index : indices) {
        TextBlock block = line(attachment_line(tree, index));
        block.indent = "  ";
        block.hang = "         ";
        layout.add(block);
    }
}

std::string limit_text(mime::Limit limit) {
    switch (limit) {
        case mime::Limit::header_size:
            return fmt::format("its header is larger than {} octets", limits::kHeaderSize);
        case mime::Limit::header_fields:
            return fmt::format("it has more than {} header fields", limits::kHeaderFields);
        case mime::Limit::field_items:
            return fmt::format("a field holds more than {} addresses or parameters", limits::kFieldItems);
        case mime::Limit::mime_depth:
            return fmt::format("its parts are nested deeper than {}", limits::kMimeDepth);
        case mime::Limit::mime_parts:
            return fmt::format("it has more than {} parts", limits::kMimeParts);
    }
    return {};
}

}  // namespace

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

std::string limits_line(mime::LimitSet limits) {
    std::string line;
    limits.each([&line](mime::Limit limit) { line += (line.empty() ? "" : "; ") + limit_text(limit); });
    return "(not all of the message is understood: " + line + ")";
}

std::string text_view(std::string_view message, const Look& look, const std::vector<std::string>& fields) {
    const mime::PartTree tree = mime::parse_parts(message);
    const email::BodyParts selected = email::select_body_parts(tree);
    Layout layout(look);
    for (const TextBlock& block :
         chosen_fields(tree.parts[0].header, fields.empty() ? main_field_names() : fields))
        layout.add(block);
    layout.add(line(""));
    if (const TextBlocks reports = report_blocks(tree); !reports.empty()) {
        for (const TextBlock& block : reports)
            layout.add(block);
        layout.add(line(""));
    }
    const std::size_t before_body = layout.size();
    if (!add_body(tree, selected.text, look, layout)) {
        layout.cut(before_body);
        add_body(tree, selected.html, look, layout);
    }
    add_attachments(tree, selected, layout);
    if (!tree.limits.empty()) layout.add(line(limits_line(tree.limits)));
    return layout.take();
}

std::string header_view(std::string_view header, const Look& look) {
    return lay_out(all_fields(mime::parse_header(header)), look);
}

}  // namespace mailpipe::app
