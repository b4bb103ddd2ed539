#include "mailpipe/app/serve/imap/describe.hpp"

#include "mailpipe/email/preview.hpp"
#include "mailpipe/imap/server/cached_header.hpp"
#include "mailpipe/imap/server/envelope.hpp"
#include "mailpipe/imap/server/message_data.hpp"

namespace mailpipe::app {

index::Facts describe(std::string_view crlf_message) {
    constexpr std::size_t kPreviewCharacters = 200;  // RFC 8970 section 3.1
    // Parsed once for all.
    const mime::PartTree tree = mime::parse_parts(crlf_message);
    const mime::Part& root = tree.parts[0];
    index::Facts facts;
    facts.header = imap::server::cached_header(tree.header(root));
    imap::server::write_envelope(facts.envelope, root.header);
    facts.body = imap::server::encode_body_structure(tree, false);
    facts.body_structure = imap::server::encode_body_structure(tree, true);
    facts.preview = email::make_preview(tree, kPreviewCharacters);
    return facts;
}

}  // namespace mailpipe::app
