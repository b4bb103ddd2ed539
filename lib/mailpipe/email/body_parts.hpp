#pragma once

#include <cstddef>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {

// Which leaves of a message are its text, its HTML and its attachments, by the algorithm of RFC 8621
// section 4.1.4. Indices into PartTree::parts, in order. A message/rfc822 is a leaf.
struct BodyParts {
    std::vector<std::size_t> text;
    std::vector<std::size_t> html;
    std::vector<std::size_t> attachments;
};

MAILPIPE_EXPORT BodyParts select_body_parts(const mime::PartTree& tree);

}  // namespace mailpipe::email
