#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/transfer.hpp"

namespace mailpipe::mime {

// One entity of RFC 2045 section 2.4. Offsets count octets from the start of the message; nothing is copied.
struct Part {
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    std::size_t parent = kNone;         // index into PartTree::parts
    std::vector<std::size_t> children;  // of a multipart its parts, of a message/rfc822 the one message in it
    std::size_t depth = 0;
    std::size_t header_begin = 0;
    std::size_t body_begin = 0;
    std::size_t body_end = 0;  // the line end in front of a boundary belongs to the boundary
    Header header;             // its offsets, too, count from the start of the message
    bool has_content_type = false;
    ContentType type;  // as it is treated: a multipart without a usable boundary is text/plain
    ContentDisposition disposition;
    TransferEncoding encoding = TransferEncoding::identity;

    bool is_multipart() const { return type.type == "multipart"; }
    bool is_text() const { return type.type == "text"; }
    bool is_message() const { return type.type == "message" && !children.empty(); }
};

struct PartTree {
    std::string_view message;  // not owned
    std::vector<Part> parts;   // in the order in which they begin; parts[0] is the message itself
    LimitSet limits;           // that were met, those of all headers among them

    std::string_view header(const Part& part) const {
        return message.substr(part.header_begin, part.body_begin - part.header_begin);
    }
    std::string_view body(const Part& part) const {
        return message.substr(part.body_begin, part.body_end - part.body_begin);
    }
};

// RFC 2046 section 5.1 and 5.2.1. Never fails and reads each line a bounded number of times. CRLF and LF.
MAILPIPE_EXPORT PartTree parse_parts(std::string_view message);

// The part number of RFC 3501 section 6.4.5: "1" for the body of a message that is no multipart, "2.1", ...; ""
// for the message itself and for a message or multipart that has no number of its own.
MAILPIPE_EXPORT std::string part_number(const PartTree& tree, std::size_t index);

// The part of that number; nullopt when there is none. All numbers are those that part_number() yields.
MAILPIPE_EXPORT std::optional<std::size_t> find_part(const PartTree& tree, std::string_view number);
MAILPIPE_EXPORT std::vector<std::size_t> numbered_parts(const PartTree& tree);

// The body with its transfer encoding decoded; `problem` is set, never cleared.
MAILPIPE_EXPORT std::string decode_body(const PartTree& tree, const Part& part, bool* problem = nullptr);

// The same octets in pieces of up to 64 KiB of the body, without the whole in memory.
MAILPIPE_EXPORT void decode_body_pieces(const PartTree& tree, const Part& part,
                                        const std::function<void(std::string_view)>& take);

// The name that the sender gave it: filename of Content-Disposition, else name of Content-Type. As it is
// written: it may hold "/", "..", control characters.
MAILPIPE_EXPORT std::string_view file_name(const Part& part);

}  // namespace mailpipe::mime
