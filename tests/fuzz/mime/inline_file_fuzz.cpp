#include "mailpipe/mime/inline_file.hpp"

#include <cstdint>
#include <cstdlib>

using namespace mailpipe;

// Files lie in the text one behind the other, and decoding never makes more of one than it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::size_t at = 0;
    for (const mime::InlineFile& file : mime::find_inline_files(text)) {
        if (file.begin < at || file.end <= file.begin || file.end > size || file.name.empty()) std::abort();
        if (mime::decode_inline_file(file).size() > 32 * (file.content.size() + 1)) std::abort();
        at = file.end;
    }
    return 0;
}
