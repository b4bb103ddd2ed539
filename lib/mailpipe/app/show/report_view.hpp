#pragma once

#include "mailpipe/app/show/text_block.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {

// A sentence for each recipient of each report in the message (multipart/report, RFC 6522): delivery reports, disposition
// notifications, feedback reports. Reports within a message that the message holds are that one's.
TextBlocks report_blocks(const mime::PartTree& tree);

}  // namespace mailpipe::app
