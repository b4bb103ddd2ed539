#include "mailpipe/app/serve/imap/describe.hpp"

#include "mailpipe/email/preview.hpp"
#include "mailpipe/imap/server/cached_header.hpp"
#include "mailpipe/imap/server/envelope.hpp"
#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::app {

unsigned describe(std::string_view crlf_text, unsigned want, index::Facts& facts) {
    constexpr std::size_t kPreviewCharacters = 200;  // RFC 8970 section 3.1
    // Parsed once for all.
    const mime::PartTree tree = mime::parse_parts(crlf_text);
    const mime::Part& root = tree.parts[0];
    facts.header = imap::server::cached_header(tree.header(root));
    facts.envelope.clear();
    imap::server::write_envelope(facts.envelope, root.header);
    if ((want & ~index::kOfHeader) == 0) return index::kOfHeader;
    facts.body = imap::server::encode_body_structure(tree, false);
    facts.body_structure = imap::server::encode_body_structure(tree, true);
    constexpr unsigned kMade = index::kOfHeader | index::kBody | index::kBodyStructure;
    if ((want & index::kPreview) == 0) return kMade;
    facts.preview = email::make_preview(tree, kPreviewCharacters);
    return kMade | index::kPreview;
}

}  // namespace mailpipe::app
