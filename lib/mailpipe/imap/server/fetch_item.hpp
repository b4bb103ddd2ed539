#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailpipe::imap::server {

// section of RFC 9051 section 9: what of a message BODY[...] and BINARY[...] mean.
struct Section {
    enum class Text { whole, header, header_fields, header_fields_not, text, mime };
    std::vector<std::uint32_t> part;  // "2.1"; empty: the message itself
    Text text = Text::whole;
    std::vector<std::string> fields;  // of header_fields and header_fields_not, as written
};

// fetch-att of RFC 9051 section 9 and of the extensions.
struct FetchItem {
    enum class Kind {
        flags,
        uid,
        internal_date,
        size,  // RFC822.SIZE
        envelope,
        body,            // BODY without a section
        body_structure,  // BODYSTRUCTURE
        section,         // BODY[...]; RFC822, RFC822.HEADER and RFC822.TEXT of RFC 3501 too
        binary,          // RFC 3516
        binary_size,
        modseq,     // RFC 7162
        email_id,   // RFC 8474
        thread_id,  // the same
        save_date,  // RFC 8514
        preview,    // RFC 8970
    };
    Kind kind = Kind::flags;
    // section, binary, binary_size:
    Section section;
    bool peek = true;                                                // false: \Seen is set
    std::optional<std::pair<std::uint64_t, std::uint64_t>> partial;  // <origin.size>
    // How the response names it: "BODY[HEADER.FIELDS (TO)]<0>", "RFC822.TEXT", "BINARY.SIZE[1]"; in other words the request
    // without PEEK and without the size of a partial.
    std::string label;
    bool lazy = false;  // PREVIEW (LAZY)
};

}  // namespace mailpipe::imap::server
