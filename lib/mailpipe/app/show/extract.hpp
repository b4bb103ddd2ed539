#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {

// A directory into which the attachments of messages are written. It is held open: what becomes of its name meanwhile
// does not matter.
class ExtractDirectory {
 public:
    // Makes it when it is not there; the directory above must be. Errors: cannot_create, io.
    static Result<ExtractDirectory> open(const std::string& path);
    ExtractDirectory(ExtractDirectory&& other) noexcept;
    ExtractDirectory& operator=(ExtractDirectory&&) = delete;
    ~ExtractDirectory();

    using Written = std::function<Result<void>(const std::string& path)>;
    // Writes each attachment (email::select_body_parts), each other part that has a file name, and the files that
    // stand in text (mime/inline_file.hpp), under extracted_name(), or that with a number when there is such a file: none is ever overwritten, no link followed.
    // `written` gets the path of each file that is complete. Errors: cannot_create; io, which leaves no part of a file; those
    // of `written`.
    Result<void> extract(std::string_view message, const Written& written);

 private:
    ExtractDirectory(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    Result<void> extract_inline(const mime::PartTree& tree, const Written& written);
    Result<std::string> write(const std::string& name, std::string_view octets);

    std::string path_;
    int descriptor_;
};

}  // namespace mailpipe::app
