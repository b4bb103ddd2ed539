#include "mailpipe/app/show/report_view.hpp"

#include <utility>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/email/delivery_report.hpp"
#include "mailpipe/email/disposition_report.hpp"
#include "mailpipe/email/feedback_report.hpp"

namespace mailpipe::app {
namespace {

// Recursion ends at kMimeDepth.
void add_reports(const mime::PartTree& tree, std::size_t index, TextBlocks& blocks) {
    const mime::Part& part = tree.parts[index];
    const auto add = [&](std::string sentence) {
        TextBlock block;
        block.text = one_line(std::move(sentence));
        block.hang = "    ";
        block.tone = Tone::heading;
        blocks.push_back(std::move(block));
    };
    if (part.is_multipart()) {
        for (const std::size_t child : part.children)
            add_reports(tree, child, blocks);
    }
    if (part.type.type != "message") return;
    const std::string& kind = part.type.subtype;
    if (kind == "delivery-status" || kind == "global-delivery-status") {
        for (const auto& recipient : email::parse_delivery_report(mime::decode_body(tree, part)).recipients)
            add(email::delivery_sentence(recipient));
    } else if (kind == "disposition-notification" || kind == "global-disposition-notification") {
        add(email::disposition_sentence(email::parse_disposition_report(mime::decode_body(tree, part))));
    } else if (kind == "feedback-report") {
        add(email::feedback_sentence(email::parse_feedback_report(mime::decode_body(tree, part))));
    }
}

}  // namespace

TextBlocks report_blocks(const mime::PartTree& tree) {
    TextBlocks blocks;
    add_reports(tree, 0, blocks);
    return blocks;
}

}  // namespace mailpipe::app
