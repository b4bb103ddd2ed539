#include <cstdint>
#include <cstdlib>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/part_tree.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

// Every offset lies inside of the message and of the parent, numbers are found again, names are UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const mime::PartTree tree = mime::parse_parts(message);
    require(!tree.parts.empty() && tree.parts.size() <= limits::kMimeParts);
    for (std::size_t i = 0; i < tree.parts.size(); ++i) {
        const mime::Part& part = tree.parts[i];
        require(part.header_begin <= part.body_begin && part.body_begin <= part.body_end &&
                part.body_end <= size);
        require(part.depth < limits::kMimeDepth);
        require(part.parent == mime::Part::kNone || part.parent < i);
        for (const std::size_t child : part.children)
            require(child > i && tree.parts[child].parent == i);
        for (const mime::Field& field : part.header.fields) {
            require(message.substr(field.offset, field.name.size()) == field.name);
        }
        require(!part.is_multipart() || !part.children.empty());
        require(is_utf8(part.type.full()) && is_utf8(mime::file_name(part)));
        mime::decode_body(tree, part);
        if (i > 50) continue;
        if (const auto number = mime::part_number(tree, i); !number.empty())
            require(mime::find_part(tree, number) == i);
    }
    return 0;
}
