#include "mailpipe/app/show/extract.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/show/extracted_name.hpp"
#include "mailpipe/app/show/views.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/mime/inline_file.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kMostOfOneName = 10'000;

std::vector<std::size_t> parts_with_files(const mime::PartTree& tree) {
    std::vector<std::size_t> indices = email::select_body_parts(tree).attachments;
    for (const std::size_t index : mime::numbered_parts(tree)) {
        if (!mime::file_name(tree.parts[index]).empty()) indices.push_back(index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    return indices;
}

std::string fallback_name(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    std::string extension = ".bin";
    if (part.type.type == "message") extension = ".eml";
    if (part.is_text()) extension = part.type.subtype == "html" ? ".html" : ".txt";
    return "part-" + mime::part_number(tree, index) + extension;
}

}  // namespace

Result<ExtractDirectory> ExtractDirectory::open(const std::string& path) {
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
        return fail_errno(errno, path + ": cannot be made", true);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno(errno, path + ": cannot be opened", true);
    return ExtractDirectory(path, descriptor);
}

ExtractDirectory::ExtractDirectory(ExtractDirectory&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

ExtractDirectory::~ExtractDirectory() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> ExtractDirectory::extract(std::string_view message, const Written& written) {
    const mime::PartTree tree = mime::parse_parts(message);
    for (const std::size_t index : parts_with_files(tree)) {
        const std::string name = extracted_name(mime::file_name(tree.parts[index]), fallback_name(tree, index));
        const auto path = write(name, part_octets(tree, index));
        if (!path) return tl::unexpected(path.error());
        if (auto said = written(*path); !said) return said;
    }
    return extract_inline(tree, written);
}

Result<void> ExtractDirectory::extract_inline(const mime::PartTree& tree, const Written& written) {
    for (const std::size_t index : mime::numbered_parts(tree)) {
        const mime::Part& part = tree.parts[index];
        if (part.type.full() != "text/plain" || part.encoding == mime::TransferEncoding::uuencode) continue;
        const std::string octets = mime::decode_body(tree, part);
        for (const mime::InlineFile& file : mime::find_inline_files(octets)) {
            const std::string name =
                extracted_name(file.name, "part-" + mime::part_number(tree, index) + "-file.bin");
            const auto path = write(name, mime::decode_inline_file(file));
            if (!path) return tl::unexpected(path.error());
            if (auto said = written(*path); !said) return said;
        }
    }
    return {};
}

Result<std::string> ExtractDirectory::write(const std::string& name, std::string_view octets) {
    std::string unused = name;
    int file = -1;
    for (std::size_t number = 2; file < 0; ++number) {
        file =
            ::openat(descriptor_, unused.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file >= 0) break;
        if (errno != EEXIST || number > kMostOfOneName)
            return fail_errno(errno, path_ + "/" + unused + ": cannot be created", true);
        unused = numbered_name(name, number);
    }
    auto written = write_all(file, octets, path_ + "/" + unused);
    // Where space is set aside late, as on NFS, only this tells.
    if (::close(file) != 0 && written)
        written = fail_errno(errno, path_ + "/" + unused + ": cannot be written");
    if (!written) {
        ::unlinkat(descriptor_, unused.c_str(), 0);
        return tl::unexpected(written.error());
    }
    return path_ + "/" + unused;
}

}  // namespace mailpipe::app
