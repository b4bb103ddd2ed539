#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"

// Files that stand in the text of a message, from before MIME and from Usenet.
namespace mailpipe::mime {

struct InlineFile {
    enum class Kind {
        uuencode,  // "begin MODE NAME", lines of a length and sextets, "end" (POSIX uuencode)
        base64,    // "begin-base64 MODE NAME", base64, "====" (POSIX uuencode -m)
        yenc,  // "=ybegin line=N size=N name=NAME", octets plus 42, "=yend" (yEnc 1.3; one part of several is one file)
    };
    Kind kind = Kind::uuencode;
    std::string_view name;     // as it is written: it may hold "/", "..", control characters
    std::size_t begin = 0;     // of its first line in the text
    std::size_t end = 0;       // behind its last line
    std::string_view content;  // the lines between these two
};

// Those that are complete, in order; the views point into `text`, whose line ends are CRLF or LF. What only begins like
// one stays text. Reads each line a bounded number of times.
MAILPIPE_EXPORT std::vector<InlineFile> find_inline_files(std::string_view text);

// Never fails; `problem` is set when a line does not hold what its length says, or yEnc's size is another one.
MAILPIPE_EXPORT std::string decode_inline_file(const InlineFile& file, bool* problem = nullptr);

}  // namespace mailpipe::mime
